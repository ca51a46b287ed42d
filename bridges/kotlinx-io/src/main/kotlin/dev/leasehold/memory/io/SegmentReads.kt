@file:JvmName("SegmentReads")
@file:OptIn(InternalIoApi::class)

package dev.leasehold.memory.io

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.io.internal.CHUNK
import dev.leasehold.memory.io.internal.asInputOutput
import dev.leasehold.memory.io.internal.moveTo
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import kotlinx.io.Buffer
import kotlinx.io.EOFException
import kotlinx.io.InternalIoApi
import kotlinx.io.RawSource
import kotlinx.io.Source

/**
 * Reads what there is into [segment], at least one byte: waits until there is one, or the end.
 *
 * **Ownership.** The segment stays the caller's; nothing of it is used after this.
 * **Threads.** Those of the segment and of the source.
 * **Cost.** One copy, out of the arrays of a buffer. What a buffered source has read ahead comes first, and a plain one
 * is asked for no more than fits.
 *
 * @return how many bytes were read, or -1 at the end; 0 only where [segment] is empty
 * @throws kotlinx.io.IOException when the source fails, or [segment] refuses: then the cause says why
 */
@JvmSynthetic
public fun RawSource.readAtMostInto(segment: Segment): Long {
    if (segment.size == 0L) return 0
    return Reader(this).read(segment, 0)
}

/**
 * Fills [segment].
 *
 * As [readAtMostInto] in all else.
 *
 * @throws kotlinx.io.EOFException when the source ends before; what it had is read
 */
@JvmSynthetic
public fun RawSource.readInto(segment: Segment): Unit = Reader(this).readAll(segment)

/**
 * Reads [size] bytes into a lease that this rents from [pool], for the calling thread.
 *
 * **Ownership.** The caller closes the lease. When this throws, it has been given back.
 * **Threads.** The lease belongs to the calling thread.
 * **Zeroed.** No: every byte is one of the source.
 * **Cost.** A rent and one copy. The lease is rented when the first byte is there: a peer that sends nothing holds
 * none.
 *
 * @throws kotlinx.io.EOFException when the source ends before [size] bytes; what it had is lost
 * @throws kotlinx.io.IOException when the source fails, or the pool has no room for [size] bytes: then the cause says
 *   why, and a buffered source has all its bytes, but a plain one has lost up to eight kilobytes
 */
public fun RawSource.readLease(pool: MemoryPool, size: Long): Lease = asInputOutput {
    val reader = Reader(this)
    if (size > 0 && !reader.hasMore(size)) throw reader.endedAfter(0, size)
    val lease = pool.rent(size)
    filled(lease) { reader.readAll(it.segment) }
}

/** [readLease] into a lease that any thread may use. */
public fun RawSource.readSharedLease(pool: MemoryPool, size: Long): SharedLease = asInputOutput {
    val reader = Reader(this)
    if (size > 0 && !reader.hasMore(size)) throw reader.endedAfter(0, size)
    val lease = pool.rentShared(size)
    filled(lease) { it.withSegment(reader::readAll) }
}

private inline fun <L : AutoCloseable> filled(lease: L, fill: (L) -> Unit): L {
    try {
        fill(lease)
        return lease
    } catch (failure: Throwable) {
        lease.close()
        throw failure
    }
}

/** Reads a source by way of its own buffer, or one that is empty between two reads. */
private class Reader(private val source: RawSource) {
    private val buffer = (source as? Source)?.buffer ?: Buffer()

    /** Waits for a byte; at most [most] come from a source that has no buffer. */
    fun hasMore(most: Long): Boolean = when {
        buffer.size > 0 -> true
        source is Source -> !source.exhausted()
        else -> source.readAtMostTo(buffer, minOf(most, CHUNK)) >= 0
    }

    fun read(segment: Segment, offset: Long): Long {
        val most = segment.size - offset
        return if (hasMore(most)) asInputOutput { buffer.moveTo(segment, offset, most) } else -1
    }

    fun readAll(segment: Segment) {
        var offset = 0L
        while (offset < segment.size) {
            val count = read(segment, offset)
            if (count < 0) throw endedAfter(offset, segment.size)
            offset += count
        }
    }

    fun endedAfter(count: Long, size: Long) = EOFException(
        "The source ended after $count of $size bytes; readAtMostInto takes what there is",
    )
}
