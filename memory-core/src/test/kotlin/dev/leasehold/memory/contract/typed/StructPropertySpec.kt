package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.Segment
import dev.leasehold.memory.support.shouldBeExactly
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.toByteArray
import dev.leasehold.memory.typed.BooleanField
import dev.leasehold.memory.typed.ByteField
import dev.leasehold.memory.typed.CharField
import dev.leasehold.memory.typed.DoubleField
import dev.leasehold.memory.typed.FloatField
import dev.leasehold.memory.typed.IntField
import dev.leasehold.memory.typed.LongField
import dev.leasehold.memory.typed.ShortField
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.StructArray
import dev.leasehold.memory.typed.StructColumns
import dev.leasehold.memory.typed.StructField
import dev.leasehold.memory.typed.StructView
import dev.leasehold.memory.typed.TextField
import dev.leasehold.memory.typed.asColumns
import dev.leasehold.memory.typed.asStructs
import dev.leasehold.testing.Effort
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.lang.foreign.MemoryLayout.PathElement
import java.lang.foreign.ValueLayout
import java.util.Random

/** A kind of field: how a struct declares it, reads and writes it, in each of its forms. */
private enum class Kind(val layout: ValueLayout) {
    BOOLEAN(ValueLayout.JAVA_BOOLEAN),
    BYTE(ValueLayout.JAVA_BYTE),
    SHORT(ValueLayout.JAVA_SHORT),
    CHAR(ValueLayout.JAVA_CHAR),
    INT(ValueLayout.JAVA_INT),
    LONG(ValueLayout.JAVA_LONG),
    FLOAT(ValueLayout.JAVA_FLOAT),
    DOUBLE(ValueLayout.JAVA_DOUBLE),
    ;

    fun random(random: Random): Any = when (this) {
        BOOLEAN -> random.nextBoolean()
        BYTE -> random.nextInt().toByte()
        SHORT -> random.nextInt().toShort()
        CHAR -> random.nextInt().toChar()
        INT -> random.nextInt()
        LONG -> random.nextLong()
        FLOAT -> random.nextFloat()
        DOUBLE -> random.nextDouble()
    }
}

/** One value in a struct: a field, an element of a fixed array, or one of these in a nested struct. */
private class Probe(val path: String, val kind: Kind, val offset: Long) {
    fun get(view: StructView<AnyStruct>): Any = when (kind) {
        Kind.BOOLEAN -> view[BooleanField(offset)]
        Kind.BYTE -> view[ByteField(offset)]
        Kind.SHORT -> view[ShortField(offset)]
        Kind.CHAR -> view[CharField(offset)]
        Kind.INT -> view[IntField(offset)]
        Kind.LONG -> view[LongField(offset)]
        Kind.FLOAT -> view[FloatField(offset)]
        Kind.DOUBLE -> view[DoubleField(offset)]
    }

    fun set(view: StructView<AnyStruct>, value: Any): Unit = when (kind) {
        Kind.BOOLEAN -> view[BooleanField(offset)] = value as Boolean
        Kind.BYTE -> view[ByteField(offset)] = value as Byte
        Kind.SHORT -> view[ShortField(offset)] = value as Short
        Kind.CHAR -> view[CharField(offset)] = value as Char
        Kind.INT -> view[IntField(offset)] = value as Int
        Kind.LONG -> view[LongField(offset)] = value as Long
        Kind.FLOAT -> view[FloatField(offset)] = value as Float
        Kind.DOUBLE -> view[DoubleField(offset)] = value as Double
    }

    fun get(array: StructArray<AnyStruct>, index: Long): Any = when (kind) {
        Kind.BOOLEAN -> array[index, BooleanField(offset)]
        Kind.BYTE -> array[index, ByteField(offset)]
        Kind.SHORT -> array[index, ShortField(offset)]
        Kind.CHAR -> array[index, CharField(offset)]
        Kind.INT -> array[index, IntField(offset)]
        Kind.LONG -> array[index, LongField(offset)]
        Kind.FLOAT -> array[index, FloatField(offset)]
        Kind.DOUBLE -> array[index, DoubleField(offset)]
    }

    fun set(array: StructArray<AnyStruct>, index: Long, value: Any): Unit = when (kind) {
        Kind.BOOLEAN -> array[index, BooleanField(offset)] = value as Boolean
        Kind.BYTE -> array[index, ByteField(offset)] = value as Byte
        Kind.SHORT -> array[index, ShortField(offset)] = value as Short
        Kind.CHAR -> array[index, CharField(offset)] = value as Char
        Kind.INT -> array[index, IntField(offset)] = value as Int
        Kind.LONG -> array[index, LongField(offset)] = value as Long
        Kind.FLOAT -> array[index, FloatField(offset)] = value as Float
        Kind.DOUBLE -> array[index, DoubleField(offset)] = value as Double
    }

    fun get(columns: StructColumns<AnyStruct>, index: Long): Any = when (kind) {
        Kind.BOOLEAN -> columns[index, BooleanField(offset)]
        Kind.BYTE -> columns[index, ByteField(offset)]
        Kind.SHORT -> columns[index, ShortField(offset)]
        Kind.CHAR -> columns[index, CharField(offset)]
        Kind.INT -> columns[index, IntField(offset)]
        Kind.LONG -> columns[index, LongField(offset)]
        Kind.FLOAT -> columns[index, FloatField(offset)]
        Kind.DOUBLE -> columns[index, DoubleField(offset)]
    }

    fun set(columns: StructColumns<AnyStruct>, index: Long, value: Any): Unit = when (kind) {
        Kind.BOOLEAN -> columns[index, BooleanField(offset)] = value as Boolean
        Kind.BYTE -> columns[index, ByteField(offset)] = value as Byte
        Kind.SHORT -> columns[index, ShortField(offset)] = value as Short
        Kind.CHAR -> columns[index, CharField(offset)] = value as Char
        Kind.INT -> columns[index, IntField(offset)] = value as Int
        Kind.LONG -> columns[index, LongField(offset)] = value as Long
        Kind.FLOAT -> columns[index, FloatField(offset)] = value as Float
        Kind.DOUBLE -> columns[index, DoubleField(offset)] = value as Double
    }
}

/** Where C puts what is declared: the model, which knows nothing of the struct. */
private class CRule(private val packed: Boolean) {
    var end = 0L
    var widest = 1L

    fun place(size: Long, alignment: Long): Long {
        val step = if (packed) 1 else alignment
        while (end % step != 0L) end++
        widest = maxOf(widest, step)
        return end.also { end += size }
    }

    fun close(): Long {
        while (end % widest != 0L) end++
        return end
    }
}

/** A struct of random fields, which knows where the model has them. */
private class AnyStruct(random: Random, packed: Boolean, depth: Int) : Struct<AnyStruct>(packed, name = "Any") {
    val probes = ArrayList<Probe>()
    val texts = ArrayList<TextField<AnyStruct>>()

    /** Whether nothing in it is packed. */
    var isAligned = !packed
        private set
    private val rule = CRule(packed)
    val modelSize: Long
    val modelAlignment: Long get() = rule.widest

    init {
        repeat(1 + random.nextInt(8)) { declare("f$it", random, depth) }
        modelSize = rule.close()
    }

    private fun declare(name: String, random: Random, depth: Int) {
        when (random.nextInt(if (depth > 0) 10 else 8)) {
            in 0..4 -> declareValue(name, Kind.entries.random(random))
            in 5..6 -> declareArray(name, Kind.entries.random(random), 1 + random.nextInt(5))
            7 -> declareText(name, 1 + random.nextInt(9))
            8 -> declareStruct(name, AnyStruct(random, random.nextInt(3) == 0, depth - 1))
            else -> declareStructs(name, AnyStruct(random, random.nextInt(3) == 0, depth - 1), 1 + random.nextInt(3))
        }
    }

    private fun <T> List<T>.random(random: Random) = get(random.nextInt(size))

    private fun declareValue(name: String, kind: Kind) {
        val offset = when (kind) {
            Kind.BOOLEAN -> boolean(name).offset
            Kind.BYTE -> byte(name).offset
            Kind.SHORT -> short(name).offset
            Kind.CHAR -> char(name).offset
            Kind.INT -> int(name).offset
            Kind.LONG -> long(name).offset
            Kind.FLOAT -> float(name).offset
            Kind.DOUBLE -> double(name).offset
        }
        offset shouldBe rule.place(kind.layout.byteSize(), kind.layout.byteSize())
        probes += Probe(name, kind, offset)
    }

    private fun declareArray(name: String, kind: Kind, count: Int) {
        val offsets: (Int) -> Long = when (kind) {
            Kind.BOOLEAN -> booleans(count, name).let { field -> { field[it].offset } }
            Kind.BYTE -> bytes(count, name).let { field -> { field[it].offset } }
            Kind.SHORT -> shorts(count, name).let { field -> { field[it].offset } }
            Kind.CHAR -> chars(count, name).let { field -> { field[it].offset } }
            Kind.INT -> ints(count, name).let { field -> { field[it].offset } }
            Kind.LONG -> longs(count, name).let { field -> { field[it].offset } }
            Kind.FLOAT -> floats(count, name).let { field -> { field[it].offset } }
            Kind.DOUBLE -> doubles(count, name).let { field -> { field[it].offset } }
        }
        val width = kind.layout.byteSize()
        val start = rule.place(width * count, width)
        for (index in 0 until count) {
            offsets(index) shouldBe start + index * width
            probes += Probe("$name[$index]", kind, offsets(index))
        }
    }

    private fun declareText(name: String, capacity: Int) {
        val field = text(capacity, name)
        field.offset shouldBe rule.place(capacity.toLong(), 1)
        texts += field
    }

    private fun declareStruct(name: String, nested: AnyStruct) {
        val field = struct(nested, name)
        field.offset shouldBe rule.place(nested.modelSize, nested.modelAlignment)
        adopt(name, field, nested)
    }

    private fun declareStructs(name: String, nested: AnyStruct, count: Int) {
        val field = structs(nested, count, name)
        field.offset shouldBe rule.place(nested.modelSize * count, nested.modelAlignment)
        for (index in 0 until count) {
            field[index].offset shouldBe field.offset + index * nested.modelSize
            adopt("$name[$index]", field[index], nested)
        }
    }

    private fun adopt(name: String, field: StructField<AnyStruct, AnyStruct>, nested: AnyStruct) {
        isAligned = isAligned && nested.isAligned
        for (inner in nested.probes) {
            probes += Probe("$name.${inner.path}", inner.kind, (field / LongField<AnyStruct>(inner.offset)).offset)
        }
        for (inner in nested.texts) texts += field / inner
    }
}

class StructPropertySpec : FunSpec() {
    init {
        test("random structs lie as C has them, and as the platform's layouts of them") {
            forRandomStructs { struct, _ ->
                struct.byteSize shouldBe struct.modelSize
                struct.alignment shouldBe struct.modelAlignment
                val layout = struct.toStructLayout()
                layout.byteSize() shouldBe struct.byteSize
                layout.byteAlignment() shouldBe struct.alignment
                for (probe in struct.probes) {
                    withClue(probe.path) {
                        struct.offset(probe.path) shouldBe probe.offset
                        layout.byteOffset(*pathOf(probe.path)) shouldBe probe.offset
                        val selected = layout.select(*pathOf(probe.path, selects = true))
                        selected.byteSize() shouldBe probe.kind.layout.byteSize()
                        if (struct.isAligned) selected.byteAlignment() shouldBe probe.kind.layout.byteAlignment()
                    }
                }
                struct.requireSame(layout)
                Struct.of(layout).toStructLayout() shouldBe layout
            }
        }

        test("every value of a random struct is read back from a view, an array and columns, beside all others") {
            forRandomStructs { struct, random ->
                val count = 1 + random.nextInt(4)
                withGuards(struct.byteSize * count) { memory ->
                    val array = memory.asStructs(struct)
                    val expected = List(count) { index ->
                        struct.probes.map { probe ->
                            probe.kind.random(random).also {
                                val at = index.toLong()
                                if (random.nextBoolean()) probe.set(array[at], it) else probe.set(array, at, it)
                            }
                        }
                    }
                    for (index in 0 until count) {
                        for ((probe, value) in struct.probes.zip(expected[index])) {
                            withClue(probe.path) {
                                probe.get(array, index.toLong()) shouldBeExactly value
                                probe.get(array[index.toLong()]) shouldBeExactly value
                            }
                        }
                    }
                    withMemory(struct.byteSize * count) { other ->
                        val columns = other.asColumns(struct)
                        columns.copyFrom(array)
                        for (index in 0L until count) {
                            for ((probe, value) in struct.probes.zip(expected[index.toInt()])) {
                                probe.get(columns, index) shouldBeExactly value
                            }
                        }
                        array.zero()
                        columns.copyTo(array)
                        for (index in 0L until count) {
                            for ((probe, value) in struct.probes.zip(expected[index.toInt()])) {
                                probe.get(array, index) shouldBeExactly value
                            }
                        }
                    }
                }
            }
        }

        test("values that are written to columns are read back from them") {
            forRandomStructs { struct, random ->
                val count = 1 + random.nextInt(4)
                withGuards(struct.byteSize * count) { memory ->
                    val columns = memory.asColumns(struct)
                    val expected = List(count) { struct.probes.map { it.kind.random(random) } }
                    for (probe in struct.probes.indices.shuffled(random)) {
                        for (index in 0 until count) {
                            struct.probes[probe].set(columns, index.toLong(), expected[index][probe])
                        }
                    }
                    for (index in 0 until count) {
                        for ((probe, value) in struct.probes.zip(expected[index])) {
                            probe.get(columns, index.toLong()) shouldBeExactly value
                        }
                    }
                }
            }
        }

        test("texts of a random struct are read back, and change nothing else") {
            forRandomStructs { struct, random ->
                withGuards(struct.byteSize * 2) { memory ->
                    val array = memory.asStructs(struct)
                    val values = struct.probes.map { probe ->
                        probe.kind.random(random).also { probe.set(array[1], it) }
                    }
                    val texts = struct.texts.map { field ->
                        "abcdefghijk".take(random.nextInt(field.capacity + 1)).also { array[1, field] = it }
                    }
                    for ((field, text) in struct.texts.zip(texts)) {
                        array[1, field] shouldBe text
                        array[1][field] shouldBe text
                    }
                    for ((probe, value) in struct.probes.zip(values)) probe.get(array[1]) shouldBeExactly value
                }
            }
        }
    }

    private fun forRandomStructs(check: (AnyStruct, Random) -> Unit) {
        val seed = Effort.seed("random structs")
        val random = Random(seed)
        repeat(Effort.times(300)) { round ->
            val struct = AnyStruct(random, random.nextInt(3) == 0, depth = 2)
            withClue("round $round of seed $seed: $struct") { check(struct, random) }
        }
    }

    /** Memory at any address, whose neighbours must stay as they are. */
    private fun withGuards(size: Long, use: (Segment) -> Unit) = withMemory(size + 2 * GUARD + 1) { memory ->
        memory.fill(MARK)
        val start = GUARD + 1
        memory.slice(start, size).zero()
        use(memory.slice(start, size))
        memory.slice(0, start).toByteArray().all { it == MARK } shouldBe true
        memory.slice(start + size).toByteArray().all { it == MARK } shouldBe true
    }

    // To select, the platform takes an array as a whole only.
    private fun pathOf(path: String, selects: Boolean = false) = path.split('.').flatMap { step ->
        val name = PathElement.groupElement(step.substringBefore('['))
        if ('[' !in step) {
            listOf(name)
        } else {
            val index = step.substringAfter('[').removeSuffix("]").toLong()
            listOf(name, if (selects) PathElement.sequenceElement() else PathElement.sequenceElement(index))
        }
    }.toTypedArray()

    private companion object {
        const val GUARD = 16L
        const val MARK: Byte = 0x5a
    }
}
