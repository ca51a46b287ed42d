package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.copy
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.support.shouldBeExactly
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.toByteArray
import dev.leasehold.memory.typed.asBooleans
import dev.leasehold.memory.typed.asBytes
import dev.leasehold.memory.typed.asChars
import dev.leasehold.memory.typed.asDoubles
import dev.leasehold.memory.typed.asFloats
import dev.leasehold.memory.typed.asInts
import dev.leasehold.memory.typed.asLongs
import dev.leasehold.memory.typed.asShorts
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldEndWith

/** One kind of element view, boxed, so that one suite runs over all of them. */
private class ElementView(
    val name: String,
    val width: Int,
    val values: List<Any>,
    val size: (Segment) -> Long,
    val get: (Segment, Long) -> Any,
    val set: (Segment, Long, Any) -> Unit,
    val iterated: (Segment) -> List<Any>,
    val visited: (Segment) -> List<Any>,
    val iterator: (Segment) -> Iterator<Any>,
    val fill: (Segment, Any) -> Unit,
    val sliced: (Segment, Long, Long) -> Segment,
    val toArray: (Segment) -> List<Any>,
    val copyToArray: (Segment, Int, Int) -> List<Any>,
    val copyFromArray: (Segment, List<Any>, Int, Int) -> Unit,
    val text: (Segment) -> String,
)

private val views = listOf(
    ElementView(
        "bytes",
        1,
        listOf<Byte>(1, -2, 127, -128, 0),
        size = { it.asBytes().size },
        get = { segment, index -> segment.asBytes()[index] },
        set = { segment, index, value -> segment.asBytes()[index] = value as Byte },
        iterated = { segment -> buildList { for (value in segment.asBytes()) add(value) } },
        visited = { segment -> buildList { segment.asBytes().forEach { add(it) } } },
        iterator = { it.asBytes().iterator() },
        fill = { segment, value -> segment.asBytes().fill(value as Byte) },
        sliced = { segment, from, to -> segment.asBytes().slice(from, to).asSegment() },
        toArray = { it.asBytes().toByteArray().toList() },
        copyToArray = { segment, size, index ->
            ByteArray(size).also { segment.asBytes().copyTo(it, index) }.toList()
        },
        copyFromArray = { segment, values, from, to ->
            segment.asBytes().copyFrom(ByteArray(values.size) { values[it] as Byte }, from, to)
        },
        text = { it.asBytes().toString() },
    ),
    ElementView(
        "booleans",
        1,
        listOf(true, false, true, true, false),
        size = { it.asBooleans().size },
        get = { segment, index -> segment.asBooleans()[index] },
        set = { segment, index, value -> segment.asBooleans()[index] = value as Boolean },
        iterated = { segment -> buildList { for (value in segment.asBooleans()) add(value) } },
        visited = { segment -> buildList { segment.asBooleans().forEach { add(it) } } },
        iterator = { it.asBooleans().iterator() },
        fill = { segment, value -> segment.asBooleans().fill(value as Boolean) },
        sliced = { segment, from, to -> segment.asBooleans().slice(from, to).asSegment() },
        toArray = { it.asBooleans().toBooleanArray().toList() },
        copyToArray = { segment, size, index ->
            BooleanArray(size).also { segment.asBooleans().copyTo(it, index) }.toList()
        },
        copyFromArray = { segment, values, from, to ->
            segment.asBooleans().copyFrom(BooleanArray(values.size) { values[it] as Boolean }, from, to)
        },
        text = { it.asBooleans().toString() },
    ),
    ElementView(
        "shorts",
        2,
        listOf<Short>(1, -2, 32767, -32768, 258),
        size = { it.asShorts().size },
        get = { segment, index -> segment.asShorts()[index] },
        set = { segment, index, value -> segment.asShorts()[index] = value as Short },
        iterated = { segment -> buildList { for (value in segment.asShorts()) add(value) } },
        visited = { segment -> buildList { segment.asShorts().forEach { add(it) } } },
        iterator = { it.asShorts().iterator() },
        fill = { segment, value -> segment.asShorts().fill(value as Short) },
        sliced = { segment, from, to -> segment.asShorts().slice(from, to).asSegment() },
        toArray = { it.asShorts().toShortArray().toList() },
        copyToArray = { segment, size, index ->
            ShortArray(size).also { segment.asShorts().copyTo(it, index) }.toList()
        },
        copyFromArray = { segment, values, from, to ->
            segment.asShorts().copyFrom(ShortArray(values.size) { values[it] as Short }, from, to)
        },
        text = { it.asShorts().toString() },
    ),
    ElementView(
        "chars",
        2,
        listOf('a', '\uffff', '\u8000', '\u0102', '\u0000'),
        size = { it.asChars().size },
        get = { segment, index -> segment.asChars()[index] },
        set = { segment, index, value -> segment.asChars()[index] = value as Char },
        iterated = { segment -> buildList { for (value in segment.asChars()) add(value) } },
        visited = { segment -> buildList { segment.asChars().forEach { add(it) } } },
        iterator = { it.asChars().iterator() },
        fill = { segment, value -> segment.asChars().fill(value as Char) },
        sliced = { segment, from, to -> segment.asChars().slice(from, to).asSegment() },
        toArray = { it.asChars().toCharArray().toList() },
        copyToArray = { segment, size, index ->
            CharArray(size).also { segment.asChars().copyTo(it, index) }.toList()
        },
        copyFromArray = { segment, values, from, to ->
            segment.asChars().copyFrom(CharArray(values.size) { values[it] as Char }, from, to)
        },
        text = { it.asChars().toString() },
    ),
    ElementView(
        "ints",
        4,
        listOf(1, -2, Int.MAX_VALUE, Int.MIN_VALUE, 0x01020304),
        size = { it.asInts().size },
        get = { segment, index -> segment.asInts()[index] },
        set = { segment, index, value -> segment.asInts()[index] = value as Int },
        iterated = { segment -> buildList { for (value in segment.asInts()) add(value) } },
        visited = { segment -> buildList { segment.asInts().forEach { add(it) } } },
        iterator = { it.asInts().iterator() },
        fill = { segment, value -> segment.asInts().fill(value as Int) },
        sliced = { segment, from, to -> segment.asInts().slice(from, to).asSegment() },
        toArray = { it.asInts().toIntArray().toList() },
        copyToArray = { segment, size, index ->
            IntArray(size).also { segment.asInts().copyTo(it, index) }.toList()
        },
        copyFromArray = { segment, values, from, to ->
            segment.asInts().copyFrom(IntArray(values.size) { values[it] as Int }, from, to)
        },
        text = { it.asInts().toString() },
    ),
    ElementView(
        "longs",
        8,
        listOf(1L, -2L, Long.MAX_VALUE, Long.MIN_VALUE, 0x0102030405060708),
        size = { it.asLongs().size },
        get = { segment, index -> segment.asLongs()[index] },
        set = { segment, index, value -> segment.asLongs()[index] = value as Long },
        iterated = { segment -> buildList { for (value in segment.asLongs()) add(value) } },
        visited = { segment -> buildList { segment.asLongs().forEach { add(it) } } },
        iterator = { it.asLongs().iterator() },
        fill = { segment, value -> segment.asLongs().fill(value as Long) },
        sliced = { segment, from, to -> segment.asLongs().slice(from, to).asSegment() },
        toArray = { it.asLongs().toLongArray().toList() },
        copyToArray = { segment, size, index ->
            LongArray(size).also { segment.asLongs().copyTo(it, index) }.toList()
        },
        copyFromArray = { segment, values, from, to ->
            segment.asLongs().copyFrom(LongArray(values.size) { values[it] as Long }, from, to)
        },
        text = { it.asLongs().toString() },
    ),
    ElementView(
        "floats",
        4,
        listOf(1f, -2.5f, Float.NaN, -0.0f, Float.MIN_VALUE),
        size = { it.asFloats().size },
        get = { segment, index -> segment.asFloats()[index] },
        set = { segment, index, value -> segment.asFloats()[index] = value as Float },
        iterated = { segment -> buildList { for (value in segment.asFloats()) add(value) } },
        visited = { segment -> buildList { segment.asFloats().forEach { add(it) } } },
        iterator = { it.asFloats().iterator() },
        fill = { segment, value -> segment.asFloats().fill(value as Float) },
        sliced = { segment, from, to -> segment.asFloats().slice(from, to).asSegment() },
        toArray = { it.asFloats().toFloatArray().toList() },
        copyToArray = { segment, size, index ->
            FloatArray(size).also { segment.asFloats().copyTo(it, index) }.toList()
        },
        copyFromArray = { segment, values, from, to ->
            segment.asFloats().copyFrom(FloatArray(values.size) { values[it] as Float }, from, to)
        },
        text = { it.asFloats().toString() },
    ),
    ElementView(
        "doubles",
        8,
        listOf(1.0, -2.5, Double.NaN, -0.0, Double.MIN_VALUE),
        size = { it.asDoubles().size },
        get = { segment, index -> segment.asDoubles()[index] },
        set = { segment, index, value -> segment.asDoubles()[index] = value as Double },
        iterated = { segment -> buildList { for (value in segment.asDoubles()) add(value) } },
        visited = { segment -> buildList { segment.asDoubles().forEach { add(it) } } },
        iterator = { it.asDoubles().iterator() },
        fill = { segment, value -> segment.asDoubles().fill(value as Double) },
        sliced = { segment, from, to -> segment.asDoubles().slice(from, to).asSegment() },
        toArray = { it.asDoubles().toDoubleArray().toList() },
        copyToArray = { segment, size, index ->
            DoubleArray(size).also { segment.asDoubles().copyTo(it, index) }.toList()
        },
        copyFromArray = { segment, values, from, to ->
            segment.asDoubles().copyFrom(DoubleArray(values.size) { values[it] as Double }, from, to)
        },
        text = { it.asDoubles().toString() },
    ),
)

private fun ElementView.withValues(block: (Segment) -> Unit) = withMemory(5L * width + 1) { memory ->
    val odd = memory.slice(1)
    values.forEachIndexed { index, value -> set(odd, index.toLong(), value) }
    block(odd)
}

class ElementViewsSpec : FunSpec({
    for (view in views) {
        val width = view.width.toLong()

        test("${view.name} are counted, written and read at an address without alignment") {
            view.withValues { segment ->
                view.size(segment) shouldBe 5
                List(5) { view.get(segment, it.toLong()) } shouldBeExactly view.values
                view.toArray(segment) shouldBeExactly view.values
            }
        }

        test("${view.name} are iterated in order, and an iterator ends") {
            view.withValues { segment ->
                view.iterated(segment) shouldBeExactly view.values
                view.visited(segment) shouldBeExactly view.values
                val iterator = view.iterator(segment)
                repeat(5) { iterator.next() shouldBeExactly view.values[it] }
                iterator.hasNext() shouldBe false
                shouldThrow<NoSuchElementException> { iterator.next() }.message shouldBe
                    "There are only 5 ${view.name}"
            }
        }

        test("${view.name} are filled and sliced by index") {
            view.withValues { segment ->
                val middle = view.sliced(segment, 1, 3)
                view.toArray(middle) shouldBeExactly view.values.subList(1, 3)
                view.fill(middle, view.values[4])
                view.toArray(segment) shouldBeExactly view.values.toMutableList().also { it.subList(1, 3).fill(it[4]) }
                view.size(view.sliced(segment, 5, 5)) shouldBe 0
            }
        }

        test("${view.name} are copied to and from arrays of their type") {
            view.withValues { segment ->
                view.copyToArray(segment, 7, 1).subList(1, 6) shouldBeExactly view.values
                view.copyFromArray(segment, view.values.reversed(), 1, 4)
                view.toArray(segment) shouldBeExactly view.values.reversed().subList(1, 4) + view.values.drop(3)
            }
        }

        test("an index that is not inside the ${view.name} names itself, offset, length and size") {
            view.withValues { segment ->
                val far = Long.MAX_VALUE / width
                for (index in listOf(-1L, 5L, far, -far, far / 2 + 1)) {
                    val message = "index ${grouped(index)} is outside of 5 elements: offset " +
                        "${grouped(index * width)} with length $width is outside of a segment of ${5 * width} bytes"
                    val read = shouldThrow<SegmentBoundsException> { view.get(segment, index) }
                    read.message shouldBe message
                    listOf(read.offset, read.length, read.size) shouldBe listOf(index * width, width, 5 * width)
                    shouldThrow<SegmentBoundsException> { view.set(segment, index, view.values[0]) }
                        .message shouldBe message
                }
                view.toArray(segment) shouldBeExactly view.values
            }
        }

        test("an index whose offset would wrap round to a valid one is refused for ${view.name}") {
            view.withValues { segment ->
                for (shift in 60..63) {
                    withClue("1 shl $shift") {
                        shouldThrow<SegmentBoundsException> { view.get(segment, 1L shl shift) }.size shouldBe 5 * width
                        shouldThrow<SegmentBoundsException> { view.set(segment, (1L shl shift) + 1, view.values[0]) }
                            .length shouldBe width
                    }
                }
                view.toArray(segment) shouldBeExactly view.values
            }
        }

        test("a slice or a copy of ${view.name} that does not fit is refused") {
            view.withValues { segment ->
                shouldThrow<SegmentBoundsException> { view.sliced(segment, 4, 6) }.message shouldBe
                    "offset ${4 * width} with length ${2 * width} is outside of a segment of ${5 * width} bytes"
                shouldThrow<SegmentBoundsException> { view.sliced(segment, 3, 2) }.length shouldBe -width
                shouldThrow<SegmentBoundsException> { view.sliced(segment, -1, 2) }.offset shouldBe -width
                shouldThrow<SegmentBoundsException> { view.copyToArray(segment, 5, 1) }.message shouldBe
                    "offset $width with length ${5 * width} is outside of a segment of ${5 * width} bytes"
                shouldThrow<SegmentBoundsException> { view.copyFromArray(segment, view.values, 2, 6) }.size shouldBe
                    5 * width
                shouldThrow<SegmentBoundsException> { view.copyFromArray(segment, view.values + view.values, 0, 6) }
                    .length shouldBe 6 * width
                view.toArray(segment) shouldBeExactly view.values
            }
        }

        test("the text form of ${view.name} names place and size") {
            view.withValues { view.text(it) shouldEndWith ", 5 ${view.name})" }
        }

        if (view.width > 1) {
            test("a segment that holds no whole number of ${view.name} is refused") {
                withMemory(3 * width + 1) { memory ->
                    val failure = shouldThrow<SegmentSizeException> { view.size(memory) }
                    failure.message shouldBe "A segment of ${3 * width + 1} bytes holds no whole number of " +
                        "${view.name} of $width bytes; slice it to ${3 * width} bytes first"
                    failure.size shouldBe 3 * width + 1
                }
            }
        }
    }
})
