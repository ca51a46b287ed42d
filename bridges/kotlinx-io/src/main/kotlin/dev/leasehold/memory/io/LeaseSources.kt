@file:JvmName("LeaseSources")

package dev.leasehold.memory.io

import dev.leasehold.memory.Lease
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.io.internal.Bytes
import dev.leasehold.memory.io.internal.MemorySource
import kotlinx.io.RawSource

/**
 * These bytes as a source, from the first to the last.
 *
 * **Ownership.** A view: closing it gives nothing back, and the segment's owner keeps the memory as long as it is read.
 * **Threads.** Those of the segment; one at a time.
 * **Cost.** One copy, into the arrays of the buffer that reads, eight kilobytes at a time.
 *
 * A read throws an [IOException][kotlinx.io.IOException] when the memory was given back or belongs to another thread;
 * its cause is the exception that says whose memory it was.
 */
@JvmSynthetic
public fun Segment.asSource(): RawSource = MemorySource(Bytes.OfSegment(this), 0, size)

/**
 * [length] bytes of this lease from [offset] on as a source; all of them by default.
 *
 * As [asSource] of a segment: the lease stays the caller's to close, and only the renting thread may read.
 *
 * @throws IllegalArgumentException when [offset] is negative
 * @throws dev.leasehold.memory.SegmentBoundsException when the range is outside of the lease
 * @throws dev.leasehold.memory.LeaseClosedException when the lease has ended
 */
@JvmOverloads
public fun Lease.asSource(offset: Long = 0, length: Long = size - offset): RawSource =
    MemorySource(Bytes.checked(Bytes.OfLease(this), offset, length), offset, offset + length)

/**
 * [length] bytes of this lease from [offset] on as a source; all of them by default.
 *
 * As [asSource] of a segment, for any thread, one at a time. The lease stays the caller's to close; a close on another
 * thread lets a read that is going on end, and the next one throw.
 *
 * @throws IllegalArgumentException when [offset] is negative
 * @throws dev.leasehold.memory.SegmentBoundsException when the range is outside of the lease
 * @throws dev.leasehold.memory.LeaseClosedException when the lease has ended
 */
@JvmOverloads
public fun SharedLease.asSource(offset: Long = 0, length: Long = size - offset): RawSource =
    MemorySource(Bytes.checked(Bytes.OfSharedLease(this), offset, length), offset, offset + length)
