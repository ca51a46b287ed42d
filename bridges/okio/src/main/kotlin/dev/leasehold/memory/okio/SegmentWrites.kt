@file:JvmName("SegmentWrites")

package dev.leasehold.memory.okio

import dev.leasehold.memory.Lease
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.okio.internal.appendFrom
import dev.leasehold.memory.okio.internal.asInputOutput
import okio.Buffer
import okio.BufferedSink
import okio.Sink

/**
 * Writes all bytes of [segment].
 *
 * **Ownership.** The segment stays the caller's; nothing of it is used after this, also where the sink has a buffer.
 * **Threads.** Those of the segment and of the sink.
 * **Cost.** One copy, into the arrays of Okio's buffer, which go on as they fill: eight kilobytes at a time.
 *
 * @throws okio.IOException when the sink fails, or [segment] refuses: then the cause says why
 */
@JvmSynthetic
public fun Sink.write(segment: Segment) {
    val buffer = (this as? BufferedSink)?.buffer ?: Buffer()
    val cursor = Buffer.UnsafeCursor()
    var offset = 0L
    while (offset < segment.size) {
        offset += asInputOutput { buffer.appendFrom(segment, offset, segment.size - offset, cursor) }
        if (this is BufferedSink) {
            val _ = emitCompleteSegments()
        } else {
            write(buffer, buffer.size)
        }
    }
}

/**
 * Writes all bytes of [lease], which stays the caller's to close; otherwise as [write] of a segment.
 *
 * @throws okio.IOException also when the lease has ended or belongs to another thread
 */
public fun Sink.write(lease: Lease): Unit = asInputOutput { write(lease.segment) }

/**
 * Writes all bytes of [lease], which stays the caller's to close, and is held until they are written; otherwise as
 * [write] of a segment.
 *
 * @throws okio.IOException also when the lease has ended
 */
public fun Sink.write(lease: SharedLease): Unit = asInputOutput { lease.withSegment { write(it) } }
