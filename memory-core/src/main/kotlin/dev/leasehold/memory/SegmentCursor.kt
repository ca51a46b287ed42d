package dev.leasehold.memory

/**
 * A cursor over this segment, at its start, that reads and writes numbers in the byte order [order]. For a part, take
 * the cursor of a slice.
 */
@JvmSynthetic
public fun Segment.cursor(order: ByteOrder = ByteOrder.NATIVE): SegmentCursor = SegmentCursor(this, order)

/**
 * A place in a [Segment] that moves on with what is read or written there: *fetch* reads and moves, *store* writes
 * and moves, [skip] only moves, [reserve] moves and gives a view of the bytes passed.
 *
 * It is a view, owns nothing and lives as long as the segment; what [Segment] says on the exceptions of every access
 * holds here as well. Where fewer bytes remain than a number has, it throws [SegmentBoundsException]. A call that
 * throws has moved nothing and written nothing.
 *
 * It has a state and no lock: one thread at a time.
 *
 * @property order the byte order of the numbers that are fetched and stored
 */
public class SegmentCursor internal constructor(private val segment: Segment, public val order: ByteOrder) {
    /** The offset of the next byte to be fetched or stored. */
    public var position: Long = 0
        private set

    /** The offset at which the cursor can go no further: the size of the segment. */
    public val limit: Long get() = segment.size

    /** How many bytes lie between [position] and [limit]. */
    public val remaining: Long get() = limit - position

    /**
     * Puts the cursor at the offset [position].
     *
     * @throws SegmentBoundsException when that is not within `0..limit`
     */
    public fun moveTo(position: Long) {
        if (position !in 0..limit) throw outOfBounds(position, 0, limit)
        this.position = position
    }

    /**
     * Moves on by [length] bytes and leaves them as they are.
     *
     * @throws SegmentBoundsException when fewer remain or [length] is negative
     */
    public fun skip(length: Long) {
        if (length !in 0..remaining) throw outOfBounds(position, length, limit)
        position += length
    }

    /**
     * Claims the next [length] bytes: moves on past them and returns a view of them. They hold what they held before.
     *
     * @throws SegmentBoundsException when fewer remain or [length] is negative
     */
    @JvmSynthetic
    public fun reserve(length: Long): Segment = move(length) { segment.slice(it, length) }

    /** Reads the [Byte] at [position] and moves on by 1 byte. */
    public fun fetchByte(): Byte = move(1) { segment.getByte(it) }

    /** Writes the [Byte] [value] at [position] and moves on by 1 byte. */
    public fun storeByte(value: Byte): Unit = move(1) { segment.setByte(it, value) }

    /** Reads the [Short] at [position] and moves on by 2 bytes. */
    public fun fetchShort(): Short = move(2) { segment.getShort(it, order) }

    /** Writes the [Short] [value] at [position] and moves on by 2 bytes. */
    public fun storeShort(value: Short): Unit = move(2) { segment.setShort(it, value, order) }

    /** Reads the [Char] at [position] and moves on by 2 bytes. */
    public fun fetchChar(): Char = move(2) { segment.getChar(it, order) }

    /** Writes the [Char] [value] at [position] and moves on by 2 bytes. */
    public fun storeChar(value: Char): Unit = move(2) { segment.setChar(it, value, order) }

    /** Reads the [Int] at [position] and moves on by 4 bytes. */
    public fun fetchInt(): Int = move(4) { segment.getInt(it, order) }

    /** Writes the [Int] [value] at [position] and moves on by 4 bytes. */
    public fun storeInt(value: Int): Unit = move(4) { segment.setInt(it, value, order) }

    /** Reads the [Long] at [position] and moves on by 8 bytes. */
    public fun fetchLong(): Long = move(8) { segment.getLong(it, order) }

    /** Writes the [Long] [value] at [position] and moves on by 8 bytes. */
    public fun storeLong(value: Long): Unit = move(8) { segment.setLong(it, value, order) }

    /** Reads the [Float] at [position] and moves on by 4 bytes. */
    public fun fetchFloat(): Float = move(4) { segment.getFloat(it, order) }

    /** Writes the [Float] [value] at [position] and moves on by 4 bytes. */
    public fun storeFloat(value: Float): Unit = move(4) { segment.setFloat(it, value, order) }

    /** Reads the [Double] at [position] and moves on by 8 bytes. */
    public fun fetchDouble(): Double = move(8) { segment.getDouble(it, order) }

    /** Writes the [Double] [value] at [position] and moves on by 8 bytes. */
    public fun storeDouble(value: Double): Unit = move(8) { segment.setDouble(it, value, order) }

    /**
     * Reads the next [length] bytes as UTF-8 and moves on past them.
     *
     * @throws SegmentBoundsException when fewer remain
     * @throws MalformedTextException when they are no UTF-8
     */
    public fun fetchUtf8(length: Long): String = move(length) { segment.getUtf8(it, length) }

    /**
     * Writes [text] in UTF-8, moves on past it and returns how many bytes that took.
     *
     * @throws SegmentBoundsException when it does not fit into what remains
     * @throws MalformedTextException when [text] has a lone surrogate
     */
    @IgnorableReturnValue
    public fun storeUtf8(text: String): Long = segment.setUtf8(position, text).also { position += it }

    /** Position and size, for logs. */
    override fun toString(): String = "SegmentCursor($position of $limit bytes)"

    /** The position moves last, so a refused access leaves it where it was. */
    private inline fun <R> move(length: Long, access: (Long) -> R): R {
        val at = position
        val result = access(at)
        position = at + length
        return result
    }
}
