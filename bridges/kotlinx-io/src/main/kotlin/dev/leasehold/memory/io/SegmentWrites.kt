@file:JvmName("SegmentWrites")
@file:OptIn(InternalIoApi::class)

package dev.leasehold.memory.io

import dev.leasehold.memory.Lease
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.io.internal.appendFrom
import dev.leasehold.memory.io.internal.asInputOutput
import kotlinx.io.Buffer
import kotlinx.io.InternalIoApi
import kotlinx.io.RawSink
import kotlinx.io.Sink

/**
 * Writes all bytes of [segment].
 *
 * **Ownership.** The segment stays the caller's; nothing of it is used after this, also where the sink has a buffer.
 * **Threads.** Those of the segment and of the sink.
 * **Cost.** One copy, into the arrays of a kotlinx-io buffer, which go on as they fill: eight kilobytes at a time.
 *
 * @throws kotlinx.io.IOException when the sink fails, or [segment] refuses: then the cause says why
 */
@JvmSynthetic
public fun RawSink.write(segment: Segment) {
    val buffer = (this as? Sink)?.buffer ?: Buffer()
    var offset = 0L
    while (offset < segment.size) {
        offset += asInputOutput { buffer.appendFrom(segment, offset, segment.size - offset) }
        if (this is Sink) {
            hintEmit()
        } else {
            write(buffer, buffer.size)
        }
    }
}

/**
 * Writes all bytes of [lease], which stays the caller's to close; otherwise as [write] of a segment.
 *
 * @throws kotlinx.io.IOException also when the lease has ended or belongs to another thread
 */
public fun RawSink.write(lease: Lease): Unit = asInputOutput { write(lease.segment) }

/**
 * Writes all bytes of [lease], which stays the caller's to close, and is held until they are written; otherwise as
 * [write] of a segment.
 *
 * @throws kotlinx.io.IOException also when the lease has ended
 */
public fun RawSink.write(lease: SharedLease): Unit = asInputOutput { lease.withSegment { write(it) } }
