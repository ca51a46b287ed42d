@file:JvmName("SegmentStreams")

package dev.leasehold.memory

import dev.leasehold.memory.internal.access.Values
import java.io.IOException
import java.io.InputStream
import java.io.OutputStream
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.util.Objects

// For what reads and writes streams: parsers, compressors, JDBC.

/**
 * A stream of the bytes of this segment, from the first to the last; with `mark` and `reset`.
 *
 * **Ownership.** The stream owns nothing: to close it does nothing, and what was leased is closed by its holder.
 * **Threads.** One at a time, which may reach the segment.
 * **Cost.** A copy into the reader's array.
 *
 * Reading throws an `IOException` once the memory is closed, with a [MemoryException] as its cause.
 */
@JvmSynthetic
public fun Segment.asInputStream(): InputStream = SegmentInputStream(raw)

/** [asInputStream] of a plain segment, for Java. */
public fun asInputStream(segment: MemorySegment): InputStream = SegmentInputStream(segment)

/**
 * A stream that writes into the bytes of this segment, from the first on.
 *
 * **Ownership.** The stream owns nothing: to close it does nothing, and what was leased is closed by its holder.
 * **Threads.** One at a time, which may reach the segment.
 * **Cost.** A copy from the writer's array.
 *
 * Writing throws an `IOException` where the segment has no room for all of it, and then has written none of it; and once
 * the memory is closed or where it is read-only, with a [MemoryException] as its cause.
 */
@JvmSynthetic
public fun Segment.asOutputStream(): SegmentOutputStream = SegmentOutputStream(raw)

/** [asOutputStream] of a plain segment, for Java. */
public fun asOutputStream(segment: MemorySegment): SegmentOutputStream = SegmentOutputStream(segment)

/** Runs [action] of a stream, whose users expect an `IOException`. */
@JvmSynthetic
internal inline fun <R> inStream(action: () -> R): R = try {
    action()
} catch (failure: MemoryException) {
    throw IOException(failure.message, failure)
}

/** Reads the bytes of [raw]. */
private class SegmentInputStream(private val raw: MemorySegment) : InputStream() {
    private val size = raw.byteSize()
    private var position = 0L
    private var marked = 0L

    override fun read(): Int {
        if (position == size) return -1
        val value = inStream { access(raw, position, 1) { Values.BYTE.get(raw, position) as Byte } }
        position++
        return value.toInt() and 0xFF
    }

    override fun read(b: ByteArray, off: Int, len: Int): Int {
        Objects.checkFromIndexSize(off, len, b.size)
        if (len == 0) return 0
        if (position == size) return -1
        val count = minOf(len.toLong(), size - position).toInt()
        inStream {
            access(raw, position, count.toLong()) { MemorySegment.copy(raw, JAVA_BYTE, position, b, off, count) }
        }
        position += count
        return count
    }

    override fun transferTo(out: OutputStream): Long {
        val first = position
        val buffer = ByteArray(minOf(TRANSFER, size - first).toInt())
        while (true) {
            val count = read(buffer, 0, buffer.size)
            if (count <= 0) return position - first
            out.write(buffer, 0, count)
        }
    }

    override fun skip(n: Long): Long {
        val skipped = minOf(maxOf(n, 0), size - position)
        position += skipped
        return skipped
    }

    override fun available(): Int = minOf(Int.MAX_VALUE.toLong(), size - position).toInt()

    override fun markSupported(): Boolean = true

    override fun mark(readlimit: Int) {
        marked = position
    }

    override fun reset() {
        position = marked
    }

    private companion object {
        const val TRANSFER = 1L shl 16
    }
}
