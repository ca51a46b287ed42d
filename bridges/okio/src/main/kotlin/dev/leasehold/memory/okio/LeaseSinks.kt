@file:JvmName("LeaseSinks")

package dev.leasehold.memory.okio

import dev.leasehold.memory.Lease
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.okio.internal.Bytes

/**
 * A sink that fills these bytes, from the first on, and has no room for more.
 *
 * **Ownership.** A view: closing it gives nothing back, and the segment's owner keeps the memory as long as it is
 * written. **Threads.** Those of the segment; one at a time. **Cost.** One copy.
 */
@JvmSynthetic
public fun Segment.asSink(): SegmentSink = SegmentSink(Bytes.OfSegment(this))

/**
 * A sink that fills this lease, from its first byte on, and has no room for more. The lease stays the caller's to
 * close; only the renting thread may write.
 *
 * @throws dev.leasehold.memory.LeaseClosedException when the lease has ended
 */
public fun Lease.asSink(): SegmentSink = SegmentSink(Bytes.checked(Bytes.OfLease(this), 0, size))

/**
 * A sink that fills this lease, from its first byte on, and has no room for more. The lease stays the caller's to
 * close; any thread may write, one at a time.
 *
 * @throws dev.leasehold.memory.LeaseClosedException when the lease has ended
 */
public fun SharedLease.asSink(): SegmentSink = SegmentSink(Bytes.checked(Bytes.OfSharedLease(this), 0, size))
