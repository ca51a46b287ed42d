package dev.leasehold.memory

import dev.leasehold.memory.internal.access.Values
import dev.leasehold.memory.internal.access.fillBytes
import dev.leasehold.memory.internal.platform.hex
import java.lang.foreign.MemorySegment
import java.nio.ByteBuffer

/**
 * A view of native memory: where it lies and how long it is. It owns nothing: the memory behind it lives as long as
 * the lease or block that it was taken from, and an access after that throws.
 *
 * **Threads.** A view of a thread's own lease is for that thread; a view of shared memory is for all, and then
 * accesses are plain ones: they are not ordered between threads and a value wider than a byte may be seen half
 * written.
 *
 * **Offsets** count bytes from the start, are 64 bits wide and need no alignment. Only where a view is taken of a
 * part ([slice], [get] of a range, [splitAt]) may an offset be negative: `-k` then means `size - k`, so `-1` is the
 * last byte.
 *
 * **Cost.** An access is one bounds and one liveness check, which the JVM does and hoists out of loops; nothing is
 * allocated, views included, as long as they do not escape.
 *
 * **Every access** can throw [SegmentBoundsException] when its bytes are not all inside, [ViewClosedException] when the
 * memory has been given back, [ViewThreadException] when it belongs to another thread, and, if it writes,
 * [ReadOnlySegmentException] when the view is read-only. A refused access has written nothing. Taking a view is no
 * access, and can throw only the first.
 *
 * Two segments are `==` when they start at the same place, whatever their sizes: that is the platform's rule, which
 * an inline class cannot change. [contentEquals] compares what is in them.
 */
@JvmInline
public value class Segment private constructor(@PublishedApi internal val raw: MemorySegment) {
    /** How many bytes this view covers. */
    public val size: Long get() = raw.byteSize()

    /** Where the first byte lies in the process's address space; for a view of an array, its offset in the array. */
    public val address: Long get() = raw.address()

    /** Whether writes through this view are refused. */
    public val isReadOnly: Boolean get() = raw.isReadOnly

    /** The named crossing to the platform's type: the same memory, the same lifetime. */
    public fun asMemorySegment(): MemorySegment = raw

    /**
     * The named crossing to NIO: a buffer over the same memory with the same lifetime, at position 0, big-endian as
     * every new buffer is.
     *
     * @throws SegmentSizeException when this view is larger than a buffer can be (2 GiB - 1)
     */
    public fun asByteBuffer(): ByteBuffer {
        if (size > Int.MAX_VALUE) throw tooLarge(size, "byte buffer", Int.MAX_VALUE.toLong())
        return raw.asByteBuffer()
    }

    /** A view of the same bytes that refuses writes, and so do all the views taken from it. */
    public fun asReadOnly(): Segment = Segment(raw.asReadOnly())

    /**
     * A view of everything from [offset] on; a negative [offset] counts from the end: `slice(-4)` is the last four
     * bytes.
     *
     * @throws SegmentBoundsException when [offset] is not within `-size..size`
     */
    public fun slice(offset: Long): Segment {
        val start = fromStart(offset)
        return access(raw, offset, 0) { Segment(raw.asSlice(start)) }
    }

    /**
     * A view of [size] bytes from [offset] on; a negative [offset] counts from the end: `slice(-4, 2)` is the first
     * two of the last four bytes.
     *
     * @throws SegmentBoundsException when the part is not all inside or [size] is negative
     */
    public fun slice(offset: Long, size: Long): Segment {
        val start = fromStart(offset)
        return access(raw, offset, size) { Segment(raw.asSlice(start, size)) }
    }

    /**
     * A view of the bytes whose offsets are in [range], both ends included. A negative end counts from the end, each
     * for itself: `-4L..-1L` are the last four bytes, `2L..<size` all but the first two.
     *
     * A range that is empty in Kotlin's eyes gives an empty view at its first offset, also `0L..-1L`, for that is
     * what `0L..<0L` is. To say "up to the end", use [slice] with an offset alone.
     *
     * @throws SegmentBoundsException when a part of it is outside, or when, seen from the start, it ends more than one
     *   byte before it begins
     */
    public fun slice(range: LongRange): Segment =
        if (range.isEmpty()) slice(range.first, 0) else slice(range.first, lengthOf(range))

    /** The same as [slice] of [range]. */
    public operator fun get(range: LongRange): Segment = slice(range)

    /**
     * Two views that together cover this one: the bytes before [offset] and those from it on. A negative [offset]
     * counts from the end.
     *
     * @throws SegmentBoundsException when [offset] is not within `-size..size`
     */
    public fun splitAt(offset: Long): SplitSegment {
        val tail = slice(offset)
        return SplitSegment(slice(0, size - tail.size), tail)
    }

    /** Sets every byte to [value]. */
    public fun fill(value: Byte): Unit = access(raw, 0, size) { fillBytes(raw, value) }

    /** Sets every byte to 0. */
    public fun zero(): Unit = fill(ZERO)

    /** Reads the [Boolean] at [offset] bytes from the start: every byte but 0 is true. */
    public fun getBoolean(offset: Long): Boolean = getByte(offset) != ZERO

    /** Writes the [Boolean] [value] at [offset] bytes from the start as a byte, 1 for true and 0 for false. */
    public fun setBoolean(offset: Long, value: Boolean): Unit = setByte(offset, if (value) ONE else ZERO)

    /** Reads the [Byte] at [offset] bytes from the start. */
    public fun getByte(offset: Long): Byte = access(raw, offset, 1) { Values.BYTE.get(raw, offset) as Byte }

    /** Writes the [Byte] [value] at [offset] bytes from the start. */
    public fun setByte(offset: Long, value: Byte): Unit = access(raw, offset, 1) { Values.BYTE.set(raw, offset, value) }

    /** Reads the [Short] at [offset] bytes from the start in native byte order. */
    public fun getShort(offset: Long): Short = access(raw, offset, 2) { Values.SHORT.get(raw, offset) as Short }

    /** Writes the [Short] [value] at [offset] bytes from the start in native byte order. */
    public fun setShort(offset: Long, value: Short): Unit =
        access(raw, offset, 2) { Values.SHORT.set(raw, offset, value) }

    /** Reads the [Char] at [offset] bytes from the start in native byte order. */
    public fun getChar(offset: Long): Char = access(raw, offset, 2) { Values.CHAR.get(raw, offset) as Char }

    /** Writes the [Char] [value] at [offset] bytes from the start in native byte order. */
    public fun setChar(offset: Long, value: Char): Unit = access(raw, offset, 2) { Values.CHAR.set(raw, offset, value) }

    /** Reads the [Int] at [offset] bytes from the start in native byte order. */
    public fun getInt(offset: Long): Int = access(raw, offset, 4) { Values.INT.get(raw, offset) as Int }

    /** Writes the [Int] [value] at [offset] bytes from the start in native byte order. */
    public fun setInt(offset: Long, value: Int): Unit = access(raw, offset, 4) { Values.INT.set(raw, offset, value) }

    /** Reads the [Long] at [offset] bytes from the start in native byte order. */
    public fun getLong(offset: Long): Long = access(raw, offset, 8) { Values.LONG.get(raw, offset) as Long }

    /** Writes the [Long] [value] at [offset] bytes from the start in native byte order. */
    public fun setLong(offset: Long, value: Long): Unit = access(raw, offset, 8) { Values.LONG.set(raw, offset, value) }

    /** Reads the [Float] at [offset] bytes from the start in native byte order. */
    public fun getFloat(offset: Long): Float = access(raw, offset, 4) { Values.FLOAT.get(raw, offset) as Float }

    /** Writes the [Float] [value] at [offset] bytes from the start in native byte order. */
    public fun setFloat(offset: Long, value: Float): Unit =
        access(raw, offset, 4) { Values.FLOAT.set(raw, offset, value) }

    /** Reads the [Double] at [offset] bytes from the start in native byte order. */
    public fun getDouble(offset: Long): Double = access(raw, offset, 8) { Values.DOUBLE.get(raw, offset) as Double }

    /** Writes the [Double] [value] at [offset] bytes from the start in native byte order. */
    public fun setDouble(offset: Long, value: Double): Unit =
        access(raw, offset, 8) { Values.DOUBLE.set(raw, offset, value) }

    /** Reads the [Short] at [offset] in the byte order [order]; otherwise as [getShort] without one. */
    public fun getShort(offset: Long, order: ByteOrder): Short = inOrder(getShort(offset), order)

    /** Writes the [Short] [value] at [offset] in the byte order [order]; otherwise as [setShort] without one. */
    public fun setShort(offset: Long, value: Short, order: ByteOrder): Unit = setShort(offset, inOrder(value, order))

    /** Reads the [Char] at [offset] in the byte order [order]; otherwise as [getChar] without one. */
    public fun getChar(offset: Long, order: ByteOrder): Char = inOrder(getChar(offset), order)

    /** Writes the [Char] [value] at [offset] in the byte order [order]; otherwise as [setChar] without one. */
    public fun setChar(offset: Long, value: Char, order: ByteOrder): Unit = setChar(offset, inOrder(value, order))

    /** Reads the [Int] at [offset] in the byte order [order]; otherwise as [getInt] without one. */
    public fun getInt(offset: Long, order: ByteOrder): Int = inOrder(getInt(offset), order)

    /** Writes the [Int] [value] at [offset] in the byte order [order]; otherwise as [setInt] without one. */
    public fun setInt(offset: Long, value: Int, order: ByteOrder): Unit = setInt(offset, inOrder(value, order))

    /** Reads the [Long] at [offset] in the byte order [order]; otherwise as [getLong] without one. */
    public fun getLong(offset: Long, order: ByteOrder): Long = inOrder(getLong(offset), order)

    /** Writes the [Long] [value] at [offset] in the byte order [order]; otherwise as [setLong] without one. */
    public fun setLong(offset: Long, value: Long, order: ByteOrder): Unit = setLong(offset, inOrder(value, order))

    /** Reads the [Float] at [offset] in the byte order [order]; otherwise as [getFloat] without one. */
    public fun getFloat(offset: Long, order: ByteOrder): Float = Float.fromBits(getInt(offset, order))

    /** Writes the [Float] [value] at [offset] in the byte order [order]; otherwise as [setFloat] without one. */
    public fun setFloat(offset: Long, value: Float, order: ByteOrder): Unit = setInt(offset, value.toRawBits(), order)

    /** Reads the [Double] at [offset] in the byte order [order]; otherwise as [getDouble] without one. */
    public fun getDouble(offset: Long, order: ByteOrder): Double = Double.fromBits(getLong(offset, order))

    /** Writes the [Double] [value] at [offset] in the byte order [order]; otherwise as [setDouble] without one. */
    public fun setDouble(offset: Long, value: Double, order: ByteOrder): Unit =
        setLong(offset, value.toRawBits(), order)

    /** The place and the size; never the content, which may be gone. */
    override fun toString(): String = "Segment(${hex(address)}, $size bytes)"

    private fun fromStart(offset: Long): Long = if (offset < 0) offset + size else offset

    private fun lengthOf(range: LongRange): Long {
        val first = fromStart(range.first)
        val last = fromStart(range.last)
        return if (last - first == Long.MAX_VALUE) Long.MAX_VALUE else last - first + 1
    }

    /** Makes views of what other APIs hold. */
    public companion object {
        private const val ZERO: Byte = 0
        private const val ONE: Byte = 1

        /** The named crossing from the platform's type: a view of the same memory with the same lifetime. */
        public fun of(memorySegment: MemorySegment): Segment = Segment(memorySegment)

        /**
         * The named crossing from NIO: a view of the bytes between the position and the limit of [byteBuffer], which
         * do not move. It is read-only if the buffer is; the buffer's byte order has no influence.
         */
        public fun of(byteBuffer: ByteBuffer): Segment = Segment(MemorySegment.ofBuffer(byteBuffer))
    }
}
