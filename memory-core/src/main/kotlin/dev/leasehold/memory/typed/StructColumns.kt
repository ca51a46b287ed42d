package dev.leasehold.memory.typed

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.access
import dev.leasehold.memory.accessBoth
import dev.leasehold.memory.internal.access.fillBytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.hex
import dev.leasehold.memory.internal.typed.Leaf
import dev.leasehold.memory.internal.typed.copyValue
import dev.leasehold.memory.internal.typed.swapBytes
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BOOLEAN
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_CHAR_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED

/**
 * A view of the same memory as columns of the structs of [type]: see [StructColumns].
 *
 * @throws SegmentSizeException when the size is no multiple of the struct's
 * @throws StructLayoutException when [type] has no fields
 */
@JvmSynthetic
public fun <S : Struct<S>> Segment.asColumns(type: S): StructColumns<S> =
    StructColumns(requireWhole(raw, type.byteSize.toInt(), "structs"), type)

/**
 * The column-wise form of an array of structs [S]: all values of one field lie together, then all of the next, in the
 * same number of bytes as [StructArray] has. It owns nothing and lives as long as the [Segment] that it was taken from.
 *
 * ```
 * columns[7, Particle.x] = 1f                  // one value
 * columns[Particle.x].fill(0f)                 // a column: FloatElements
 * columns[Particle.x].process(columns[Particle.vx]) { x, vx, n -> for (i in 0 until n) x[i] += vx[i] }
 * ```
 *
 * Take it where loops touch few fields of many structs. The field of a nested struct has a column of its own
 * (`columns[Ship.position / Vec3.y]`), and so has each element of a fixed array (`columns[Ship.trail[3]]`); a text has
 * one of as many bytes an element as it has. A column of offset `o` begins `o × size` bytes from the start.
 *
 * **Threads.** As for a [Segment].
 *
 * **Cost.** An access is a multiplication and a check of the index more than one to a view of elements. Loops over a
 * column are the JVM's own over memory segments: it does not vectorise those of floats and doubles; see `process`.
 *
 * **Every access** throws what one to a [StructView] does, and [ElementBoundsException] when there is no such element.
 * A refused access has written nothing.
 */
public class StructColumns<S : Struct<S>> internal constructor(private val raw: MemorySegment, private val type: S) {
    /** How many structs there are. */
    public val size: Long = raw.byteSize() / type.byteSize

    /** The column of [field]. */
    @JvmSynthetic
    public operator fun get(field: BooleanField<S>): BooleanElements = BooleanElements(column(field.offset, 1))

    /** The column of [field]. */
    @JvmSynthetic
    public operator fun get(field: ByteField<S>): ByteElements = ByteElements(column(field.offset, 1))

    /** The column of [field]. */
    @JvmSynthetic
    public operator fun get(field: ShortField<S>): ShortElements = ShortElements(column(field.offset, 2))

    /** The column of [field]. */
    @JvmSynthetic
    public operator fun get(field: CharField<S>): CharElements = CharElements(column(field.offset, 2))

    /** The column of [field]. */
    @JvmSynthetic
    public operator fun get(field: IntField<S>): IntElements = IntElements(column(field.offset, 4))

    /** The column of [field]. */
    @JvmSynthetic
    public operator fun get(field: LongField<S>): LongElements = LongElements(column(field.offset, 8))

    /** The column of [field]. */
    @JvmSynthetic
    public operator fun get(field: FloatField<S>): FloatElements = FloatElements(column(field.offset, 4))

    /** The column of [field]. */
    @JvmSynthetic
    public operator fun get(field: DoubleField<S>): DoubleElements = DoubleElements(column(field.offset, 8))

    /** The boolean in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: BooleanField<S>): Boolean =
        at(index, field.offset, 1) { raw.get(JAVA_BOOLEAN, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: BooleanField<S>, value: Boolean): Unit =
        at(index, field.offset, 1) { raw.set(JAVA_BOOLEAN, it, value) }

    /** The byte in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: ByteField<S>): Byte =
        at(index, field.offset, 1) { raw.get(JAVA_BYTE, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: ByteField<S>, value: Byte): Unit =
        at(index, field.offset, 1) { raw.set(JAVA_BYTE, it, value) }

    /** The short in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: ShortField<S>): Short =
        at(index, field.offset, 2) { raw.get(JAVA_SHORT_UNALIGNED, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: ShortField<S>, value: Short): Unit =
        at(index, field.offset, 2) { raw.set(JAVA_SHORT_UNALIGNED, it, value) }

    /** The char in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: CharField<S>): Char =
        at(index, field.offset, 2) { raw.get(JAVA_CHAR_UNALIGNED, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: CharField<S>, value: Char): Unit =
        at(index, field.offset, 2) { raw.set(JAVA_CHAR_UNALIGNED, it, value) }

    /** The int in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: IntField<S>): Int =
        at(index, field.offset, 4) { raw.get(JAVA_INT_UNALIGNED, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: IntField<S>, value: Int): Unit =
        at(index, field.offset, 4) { raw.set(JAVA_INT_UNALIGNED, it, value) }

    /** The long in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: LongField<S>): Long =
        at(index, field.offset, 8) { raw.get(JAVA_LONG_UNALIGNED, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: LongField<S>, value: Long): Unit =
        at(index, field.offset, 8) { raw.set(JAVA_LONG_UNALIGNED, it, value) }

    /** The handle in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: HandleField<S>): Handle =
        at(index, field.offset, 8) { Handle(raw.get(JAVA_LONG_UNALIGNED, it)) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: HandleField<S>, value: Handle): Unit =
        at(index, field.offset, 8) { raw.set(JAVA_LONG_UNALIGNED, it, value.bits) }

    /** The float in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: FloatField<S>): Float =
        at(index, field.offset, 4) { raw.get(JAVA_FLOAT_UNALIGNED, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: FloatField<S>, value: Float): Unit =
        at(index, field.offset, 4) { raw.set(JAVA_FLOAT_UNALIGNED, it, value) }

    /** The double in [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: DoubleField<S>): Double =
        at(index, field.offset, 8) { raw.get(JAVA_DOUBLE_UNALIGNED, it) }

    /** Sets [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: DoubleField<S>, value: Double): Unit =
        at(index, field.offset, 8) { raw.set(JAVA_DOUBLE_UNALIGNED, it, value) }

    /** Whether the bit [field] of the struct at [index] is set. */
    @JvmSynthetic
    public operator fun get(index: Long, field: FlagField<S>): Boolean =
        at(index, field.offset, field.wordBytes) { field.read(raw, it) }

    /** Sets the bit [field] of the struct at [index] to [value]. */
    @JvmSynthetic
    public operator fun set(index: Long, field: FlagField<S>, value: Boolean): Unit =
        at(index, field.offset, field.wordBytes) { field.write(raw, it, value) }

    /** The number in the bits [field] of the struct at [index]. */
    @JvmSynthetic
    public operator fun get(index: Long, field: BitsField<S>): Int =
        at(index, field.offset, field.wordBytes) { field.read(raw, it) }

    /** Sets the bits [field] of the struct at [index] to [value]: as [StructView.set] does. */
    @JvmSynthetic
    public operator fun set(index: Long, field: BitsField<S>, value: Int): Unit =
        at(index, field.offset, field.wordBytes) { field.write(raw, it, value) }

    /** The text in [field] of the struct at [index]: as [StructView.get] reads it. */
    @JvmSynthetic
    public operator fun get(index: Long, field: TextField<S>): String =
        at(index, field.offset, field.capacity.toLong()) { field.read(raw, it) }

    /** Sets [field] of the struct at [index] to [text]: as [StructView.set] does. */
    @JvmSynthetic
    public operator fun set(index: Long, field: TextField<S>, text: String): Unit =
        at(index, field.offset, field.capacity.toLong()) { field.write(raw, it, text) }

    /** Copies the struct at [index] into [target], all fields; the padding of [target] stays as it is. */
    @JvmSynthetic
    public fun copyTo(index: Long, target: StructView<S>) {
        requireElement(index)
        accessBoth(raw, 0, target.raw, 0, target.raw.byteSize()) {
            forEachValue { at, width -> copyValue(raw, at * size + index * width, target.raw, at, width) }
        }
    }

    /** Copies [value] over the struct at [index], all fields. */
    @JvmSynthetic
    public operator fun set(index: Long, value: StructView<S>) {
        requireElement(index)
        accessBoth(value.raw, 0, raw, 0, value.raw.byteSize()) {
            forEachValue { at, width -> copyValue(value.raw, at, raw, at * size + index * width, width) }
        }
    }

    /**
     * Copies all structs into [target], the form in which fields of a struct lie together; its padding stays as it is.
     *
     * @throws SegmentSizeException when [target] has another number of structs; nothing is copied
     */
    public fun copyTo(target: StructArray<S>) {
        requireSameSize(target)
        val stride = target.stride
        accessBoth(raw, 0, target.raw, 0, raw.byteSize()) {
            forEachValue { at, width ->
                for (i in 0L until size) copyValue(raw, at * size + i * width, target.raw, i * stride + at, width)
            }
        }
    }

    /**
     * Copies all structs of [source] over those of this.
     *
     * @throws SegmentSizeException when [source] has another number of structs; nothing is copied
     */
    public fun copyFrom(source: StructArray<S>) {
        requireSameSize(source)
        val stride = source.stride
        accessBoth(source.raw, 0, raw, 0, raw.byteSize()) {
            forEachValue { at, width ->
                for (i in 0L until size) copyValue(source.raw, i * stride + at, raw, at * size + i * width, width)
            }
        }
    }

    /** Copies the struct at [index] over the one at [targetIndex], all fields. */
    public fun copy(index: Long, targetIndex: Long) {
        requireElement(index)
        requireElement(targetIndex)
        access(raw, 0, raw.byteSize()) {
            forEachValue { at, width ->
                copyValue(raw, at * size + index * width, raw, at * size + targetIndex * width, width)
            }
        }
    }

    /** Exchanges the structs at [first] and [second], all fields. */
    public fun swap(first: Long, second: Long) {
        requireElement(first)
        requireElement(second)
        access(raw, 0, raw.byteSize()) {
            forEachValue { at, width -> swapBytes(raw, at * size + first * width, at * size + second * width, width) }
        }
    }

    /** Sets all bytes to 0. */
    public fun zero(): Unit = access(raw, 0, raw.byteSize()) { fillBytes(raw, 0) }

    /** The same memory as bytes again. */
    @JvmSynthetic
    public fun asSegment(): Segment = Segment.of(raw)

    /** The named crossing to the platform's type: the same memory, the same lifetime. */
    public fun asMemorySegment(): MemorySegment = raw

    /** The place and the size; never the content, which may be gone. */
    override fun toString(): String =
        "StructColumns(${hex(raw.address())}, ${counted(size, "struct")} of ${type.byteSize} bytes)"

    private fun column(offset: Long, width: Long): MemorySegment = raw.asSlice(offset * size, width * size)

    private inline fun <R> at(index: Long, offset: Long, width: Long, action: (offset: Long) -> R): R {
        requireElement(index)
        val place = offset * size + index * width
        return access(raw, place, width) { action(place) }
    }

    // Where a column ends the next begins, so only this check keeps an index inside of its own.
    private fun requireElement(index: Long) {
        if (index < 0 || index >= size) throw noSuchElement("The columns of structs", index, size)
    }

    private fun requireSameSize(array: StructArray<S>) {
        if (array.size != size) throw notAsMany(array.size, size, array.raw.byteSize())
    }

    private inline fun forEachValue(action: (offset: Long, width: Long) -> Unit) {
        for (leaf: Leaf in type.form.leaves) {
            for (index in 0 until leaf.count) action(leaf.offset + index * leaf.width, leaf.width)
        }
    }
}
