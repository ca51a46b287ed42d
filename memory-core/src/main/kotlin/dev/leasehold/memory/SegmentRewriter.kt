package dev.leasehold.memory

import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped

/** A rewriter of this segment, both ends at its start, that handles numbers in the byte order [order]. */
@JvmSynthetic
public fun Segment.rewriter(order: ByteOrder = ByteOrder.NATIVE): SegmentRewriter = SegmentRewriter(this, order)

/**
 * Rewrites a [Segment] in place: a reader goes ahead through it, a writer follows and puts what is to stay, or what
 * replaces it, where the reader has been. The writer can never overtake the reader, so nothing is lost before it has
 * been read; an attempt throws and writes nothing.
 *
 * ```
 * val rewriter = segment.rewriter()
 * while (rewriter.remaining > 0) {
 *     val byte = rewriter.fetchByte()
 *     if (byte != carriageReturn) rewriter.storeByte(byte)
 * }
 * val text = rewriter.rewritten()
 * ```
 *
 * It is a view, owns nothing and lives as long as the segment; what [Segment] says on the exceptions of every access
 * holds here as well. A number of which not all bytes [remain][remaining] to be fetched throws
 * [SegmentBoundsException]; one that needs more bytes than are [free] throws [RewriteOvertakeException]. A call that
 * throws has moved nothing and written nothing.
 *
 * It has a state and no lock: one thread at a time.
 */
public class SegmentRewriter internal constructor(private val segment: Segment, order: ByteOrder) {
    private val reader = SegmentCursor(segment, order)
    private val writer = SegmentCursor(segment, order)

    /** The byte order of the numbers that are fetched and stored. */
    public val order: ByteOrder get() = reader.order

    /** The offset of the next byte to be fetched. */
    public val readPosition: Long get() = reader.position

    /** The offset of the next byte to be stored; never greater than [readPosition]. */
    public val writePosition: Long get() = writer.position

    /** How many bytes are still to be fetched. */
    public val remaining: Long get() = reader.remaining

    /** How many bytes can be stored before something more must be fetched. */
    public val free: Long get() = readPosition - writePosition

    /**
     * Drops the next [length] bytes: they are not fetched, and there is as much more room to store.
     *
     * @throws SegmentBoundsException when fewer remain or [length] is negative
     */
    public fun skip(length: Long): Unit = reader.skip(length)

    /**
     * Keeps the next [length] bytes as they are: moves them from the reader to the writer.
     *
     * @throws SegmentBoundsException when fewer remain or [length] is negative
     */
    public fun keep(length: Long) {
        segment.copyTo(segment, writePosition, readPosition, length)
        reader.skip(length)
        writer.skip(length)
    }

    /** Reads the next [Byte]. */
    public fun fetchByte(): Byte = reader.fetchByte()

    /** Writes the [Byte] [value] behind what has been stored. */
    public fun storeByte(value: Byte): Unit = writing(1) { writer.storeByte(value) }

    /** Reads the next [Short]. */
    public fun fetchShort(): Short = reader.fetchShort()

    /** Writes the [Short] [value] behind what has been stored. */
    public fun storeShort(value: Short): Unit = writing(2) { writer.storeShort(value) }

    /** Reads the next [Char]. */
    public fun fetchChar(): Char = reader.fetchChar()

    /** Writes the [Char] [value] behind what has been stored. */
    public fun storeChar(value: Char): Unit = writing(2) { writer.storeChar(value) }

    /** Reads the next [Int]. */
    public fun fetchInt(): Int = reader.fetchInt()

    /** Writes the [Int] [value] behind what has been stored. */
    public fun storeInt(value: Int): Unit = writing(4) { writer.storeInt(value) }

    /** Reads the next [Long]. */
    public fun fetchLong(): Long = reader.fetchLong()

    /** Writes the [Long] [value] behind what has been stored. */
    public fun storeLong(value: Long): Unit = writing(8) { writer.storeLong(value) }

    /** Reads the next [Float]. */
    public fun fetchFloat(): Float = reader.fetchFloat()

    /** Writes the [Float] [value] behind what has been stored. */
    public fun storeFloat(value: Float): Unit = writing(4) { writer.storeFloat(value) }

    /** Reads the next [Double]. */
    public fun fetchDouble(): Double = reader.fetchDouble()

    /** Writes the [Double] [value] behind what has been stored. */
    public fun storeDouble(value: Double): Unit = writing(8) { writer.storeDouble(value) }

    /**
     * Reads the next [length] bytes as UTF-8.
     *
     * @throws SegmentBoundsException when fewer remain
     * @throws MalformedTextException when they are no UTF-8
     */
    public fun fetchUtf8(length: Long): String = reader.fetchUtf8(length)

    /**
     * Writes [text] in UTF-8 behind what has been stored and returns how many bytes that took.
     *
     * @throws RewriteOvertakeException when it takes more bytes than are free
     * @throws MalformedTextException when [text] has a lone surrogate
     */
    @IgnorableReturnValue
    public fun storeUtf8(text: String): Long = writing(text.utf8Size()) { writer.storeUtf8(text) }

    /** A view of what has been stored so far, from the segment's start to [writePosition]. */
    @JvmSynthetic
    public fun rewritten(): Segment = segment.slice(0, writePosition)

    /** The positions of reader and writer, for logs. */
    override fun toString(): String =
        "SegmentRewriter(read $readPosition, written $writePosition of ${segment.size} bytes)"

    private inline fun <R> writing(length: Long, store: () -> R): R {
        if (length > free) throw overtaking(length)
        return store()
    }

    private fun overtaking(length: Long) = RewriteOvertakeException(
        "Storing ${bytes(length)} at offset ${grouped(writePosition)} would overwrite bytes that have not been " +
            "fetched: the reader is at offset ${grouped(readPosition)}, which leaves ${bytes(free)} free; fetch or " +
            "skip more first",
        length,
        free,
    )
}
