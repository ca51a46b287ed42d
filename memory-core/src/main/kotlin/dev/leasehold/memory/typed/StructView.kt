package dev.leasehold.memory.typed

import dev.leasehold.memory.Segment
import dev.leasehold.memory.access
import dev.leasehold.memory.copy
import dev.leasehold.memory.internal.access.fillBytes
import dev.leasehold.memory.internal.platform.hex
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
 * A view of exactly one struct [S] in native memory: `p[Particle.x] += 1f`. It owns nothing and lives as long as the
 * segment that it was taken from; its neighbours are out of reach.
 *
 * **Threads.** As for a [Segment]: accesses are plain, so they are not ordered between threads, and a value wider than
 * a byte may be seen half written.
 *
 * **Cost.** An access is one at a constant distance, and nothing is allocated as long as the view does not escape. A
 * [String] is a new one at each read, of course.
 *
 * **Every access** can throw [dev.leasehold.memory.ViewClosedException] when the memory has been given back,
 * [dev.leasehold.memory.ViewThreadException] when it belongs to another thread, and, if it writes,
 * [dev.leasehold.memory.ReadOnlySegmentException] when the view is read-only. With an index it throws
 * [ElementBoundsException] when the array has no such element. A refused access has written nothing.
 *
 * Two views are `==` when they start at the same place.
 */
@JvmInline
public value class StructView<S : Struct<S>> @PublishedApi internal constructor(
    @PublishedApi internal val raw: MemorySegment,
) {
    /** The boolean in [field]. */
    public operator fun get(field: BooleanField<S>): Boolean =
        access(raw, field.offset, 1) { raw.get(JAVA_BOOLEAN, field.offset) }

    /** Sets [field] to [value]. */
    public operator fun set(field: BooleanField<S>, value: Boolean): Unit =
        access(raw, field.offset, 1) { raw.set(JAVA_BOOLEAN, field.offset, value) }

    /** The byte in [field]. */
    public operator fun get(field: ByteField<S>): Byte =
        access(raw, field.offset, 1) { raw.get(JAVA_BYTE, field.offset) }

    /** Sets [field] to [value]. */
    public operator fun set(field: ByteField<S>, value: Byte): Unit =
        access(raw, field.offset, 1) { raw.set(JAVA_BYTE, field.offset, value) }

    /** The short in [field]. */
    public operator fun get(field: ShortField<S>): Short =
        access(raw, field.offset, 2) { raw.get(JAVA_SHORT_UNALIGNED, field.offset) }

    /** Sets [field] to [value]. */
    public operator fun set(field: ShortField<S>, value: Short): Unit =
        access(raw, field.offset, 2) { raw.set(JAVA_SHORT_UNALIGNED, field.offset, value) }

    /** The char in [field]. */
    public operator fun get(field: CharField<S>): Char =
        access(raw, field.offset, 2) { raw.get(JAVA_CHAR_UNALIGNED, field.offset) }

    /** Sets [field] to [value]. */
    public operator fun set(field: CharField<S>, value: Char): Unit =
        access(raw, field.offset, 2) { raw.set(JAVA_CHAR_UNALIGNED, field.offset, value) }

    /** The int in [field]. */
    public operator fun get(field: IntField<S>): Int =
        access(raw, field.offset, 4) { raw.get(JAVA_INT_UNALIGNED, field.offset) }

    /** Sets [field] to [value]. */
    public operator fun set(field: IntField<S>, value: Int): Unit =
        access(raw, field.offset, 4) { raw.set(JAVA_INT_UNALIGNED, field.offset, value) }

    /** The long in [field]. */
    public operator fun get(field: LongField<S>): Long =
        access(raw, field.offset, 8) { raw.get(JAVA_LONG_UNALIGNED, field.offset) }

    /** Sets [field] to [value]. */
    public operator fun set(field: LongField<S>, value: Long): Unit =
        access(raw, field.offset, 8) { raw.set(JAVA_LONG_UNALIGNED, field.offset, value) }

    /** The handle in [field]. */
    public operator fun get(field: HandleField<S>): Handle =
        access(raw, field.offset, 8) { Handle(raw.get(JAVA_LONG_UNALIGNED, field.offset)) }

    /** Sets [field] to [value]. */
    public operator fun set(field: HandleField<S>, value: Handle): Unit =
        access(raw, field.offset, 8) { raw.set(JAVA_LONG_UNALIGNED, field.offset, value.bits) }

    /** The float in [field]. */
    public operator fun get(field: FloatField<S>): Float =
        access(raw, field.offset, 4) { raw.get(JAVA_FLOAT_UNALIGNED, field.offset) }

    /** Sets [field] to [value]. */
    public operator fun set(field: FloatField<S>, value: Float): Unit =
        access(raw, field.offset, 4) { raw.set(JAVA_FLOAT_UNALIGNED, field.offset, value) }

    /** The double in [field]. */
    public operator fun get(field: DoubleField<S>): Double =
        access(raw, field.offset, 8) { raw.get(JAVA_DOUBLE_UNALIGNED, field.offset) }

    /** Sets [field] to [value]. */
    public operator fun set(field: DoubleField<S>, value: Double): Unit =
        access(raw, field.offset, 8) { raw.set(JAVA_DOUBLE_UNALIGNED, field.offset, value) }

    /** A view of all the booleans in [field]. */
    public operator fun get(field: BooleanArrayField<S>): BooleanElements =
        BooleanElements(part(field.offset, field.size * 1L))

    /** The boolean at [index] of [field]. */
    public operator fun get(field: BooleanArrayField<S>, index: Int): Boolean = get(field[index])

    /** Sets the boolean at [index] of [field] to [value]. */
    public operator fun set(field: BooleanArrayField<S>, index: Int, value: Boolean): Unit = set(field[index], value)

    /** A view of all the bytes in [field]. */
    public operator fun get(field: ByteArrayField<S>): ByteElements = ByteElements(part(field.offset, field.size * 1L))

    /** The byte at [index] of [field]. */
    public operator fun get(field: ByteArrayField<S>, index: Int): Byte = get(field[index])

    /** Sets the byte at [index] of [field] to [value]. */
    public operator fun set(field: ByteArrayField<S>, index: Int, value: Byte): Unit = set(field[index], value)

    /** A view of all the shorts in [field]. */
    public operator fun get(field: ShortArrayField<S>): ShortElements =
        ShortElements(part(field.offset, field.size * 2L))

    /** The short at [index] of [field]. */
    public operator fun get(field: ShortArrayField<S>, index: Int): Short = get(field[index])

    /** Sets the short at [index] of [field] to [value]. */
    public operator fun set(field: ShortArrayField<S>, index: Int, value: Short): Unit = set(field[index], value)

    /** A view of all the chars in [field]. */
    public operator fun get(field: CharArrayField<S>): CharElements = CharElements(part(field.offset, field.size * 2L))

    /** The char at [index] of [field]. */
    public operator fun get(field: CharArrayField<S>, index: Int): Char = get(field[index])

    /** Sets the char at [index] of [field] to [value]. */
    public operator fun set(field: CharArrayField<S>, index: Int, value: Char): Unit = set(field[index], value)

    /** A view of all the ints in [field]. */
    public operator fun get(field: IntArrayField<S>): IntElements = IntElements(part(field.offset, field.size * 4L))

    /** The int at [index] of [field]. */
    public operator fun get(field: IntArrayField<S>, index: Int): Int = get(field[index])

    /** Sets the int at [index] of [field] to [value]. */
    public operator fun set(field: IntArrayField<S>, index: Int, value: Int): Unit = set(field[index], value)

    /** A view of all the longs in [field]. */
    public operator fun get(field: LongArrayField<S>): LongElements = LongElements(part(field.offset, field.size * 8L))

    /** The long at [index] of [field]. */
    public operator fun get(field: LongArrayField<S>, index: Int): Long = get(field[index])

    /** Sets the long at [index] of [field] to [value]. */
    public operator fun set(field: LongArrayField<S>, index: Int, value: Long): Unit = set(field[index], value)

    /** A view of all the floats in [field]. */
    public operator fun get(field: FloatArrayField<S>): FloatElements =
        FloatElements(part(field.offset, field.size * 4L))

    /** The float at [index] of [field]. */
    public operator fun get(field: FloatArrayField<S>, index: Int): Float = get(field[index])

    /** Sets the float at [index] of [field] to [value]. */
    public operator fun set(field: FloatArrayField<S>, index: Int, value: Float): Unit = set(field[index], value)

    /** A view of all the doubles in [field]. */
    public operator fun get(field: DoubleArrayField<S>): DoubleElements =
        DoubleElements(part(field.offset, field.size * 8L))

    /** The double at [index] of [field]. */
    public operator fun get(field: DoubleArrayField<S>, index: Int): Double = get(field[index])

    /** Sets the double at [index] of [field] to [value]. */
    public operator fun set(field: DoubleArrayField<S>, index: Int, value: Double): Unit = set(field[index], value)

    /** Whether the bit [field] is set. */
    public operator fun get(field: FlagField<S>): Boolean =
        access(raw, field.offset, field.wordBytes) { field.read(raw, field.offset) }

    /** Sets the bit [field] to [value], and leaves the other bits of its word as they are. */
    public operator fun set(field: FlagField<S>, value: Boolean): Unit =
        access(raw, field.offset, field.wordBytes) { field.write(raw, field.offset, value) }

    /** The number in the bits [field]. */
    public operator fun get(field: BitsField<S>): Int =
        access(raw, field.offset, field.wordBytes) { field.read(raw, field.offset) }

    /**
     * Sets the bits [field] to [value], and leaves the other bits of their word as they are.
     *
     * @throws FieldValueException when [value] is negative or has more bits
     */
    public operator fun set(field: BitsField<S>, value: Int): Unit =
        access(raw, field.offset, field.wordBytes) { field.write(raw, field.offset, value) }

    /**
     * The text in [field]: up to its first NUL, or all of it.
     *
     * @throws dev.leasehold.memory.MalformedTextException when its bytes are no UTF-8
     */
    public operator fun get(field: TextField<S>): String = field.read(raw, field.offset)

    /**
     * Sets [field] to [text], and what is left of it to zeroes.
     *
     * @throws FieldValueException when [text] has more bytes in UTF-8 than the field
     * @throws dev.leasehold.memory.MalformedTextException when [text] has a lone surrogate, or a NUL
     */
    public operator fun set(field: TextField<S>, text: String): Unit = field.write(raw, field.offset, text)

    /**
     * Sets [field] to as much of the beginning of [text] as fits, and what is left of it to zeroes. No code point is
     * split; a letter and the accent that follows it as a code point of its own may be.
     *
     * @return how many chars of [text] are in the field
     * @throws dev.leasehold.memory.MalformedTextException when [text] has a lone surrogate, or a NUL
     */
    @IgnorableReturnValue
    public fun setTruncated(field: TextField<S>, text: String): Int = field.writeTruncated(raw, field.offset, text)

    /** A view of the struct in [field]. */
    public operator fun <T : Struct<T>> get(field: StructField<S, T>): StructView<T> =
        StructView(part(field.offset, field.byteSize))

    /** Copies [value] into [field]. */
    public operator fun <T : Struct<T>> set(field: StructField<S, T>, value: StructView<T>): Unit =
        get(field).copyFrom(value)

    /** A view of all the structs in [field]. */
    public operator fun <T : Struct<T>> get(field: StructArrayField<S, T>): StructArray<T> =
        StructArray(part(field.offset, field.size * field.elementSize), field.elementSize)

    /** A view of the struct at [index] of [field]. */
    public operator fun <T : Struct<T>> get(field: StructArrayField<S, T>, index: Int): StructView<T> =
        get(field[index])

    /** Copies [value] into the struct at [index] of [field]. */
    public operator fun <T : Struct<T>> set(field: StructArrayField<S, T>, index: Int, value: StructView<T>): Unit =
        get(field[index]).copyFrom(value)

    /** Copies all bytes of [source] over this. */
    public fun copyFrom(source: StructView<S>): Unit = copy(source.raw, 0, raw, 0, raw.byteSize())

    /** Sets all bytes to 0, padding included. */
    public fun zero(): Unit = access(raw, 0, raw.byteSize()) { fillBytes(raw, 0) }

    /** The same memory as bytes again, and how many these are. */
    public fun asSegment(): Segment = Segment.of(raw)

    /** The place and the size; never the content, which may be gone. */
    override fun toString(): String = "StructView(${hex(raw.address())}, ${raw.byteSize()} bytes)"

    private fun part(offset: Long, size: Long): MemorySegment = access(raw, offset, size) { raw.asSlice(offset, size) }
}
