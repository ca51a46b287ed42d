@file:OptIn(InternalAPI::class, InternalIoApi::class)

package dev.leasehold.memory.ktor

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.FilledLease
import dev.leasehold.memory.io.asSource
import io.ktor.utils.io.ByteWriteChannel
import io.ktor.utils.io.InternalAPI
import kotlinx.io.InternalIoApi

// Enough for a system call, and so little that a slow peer has no large answer on the heap.
private const val PART = 65_536L

/**
 * Writes [length] bytes of [lease] from [offset] on, all of them by default: suspends while the channel is full.
 *
 * **Ownership.** The lease stays the caller's. Its memory is not used after this has returned or thrown, also when it
 * was cancelled; so closing it right behind this is safe.
 * **Threads.** Any; the channel allows one writer.
 * **Cost.** One copy, into the channel's buffer, 64 KiB at a time.
 *
 * @throws kotlinx.io.IOException when the channel fails, or the lease is closed meanwhile: then the cause says so
 * @throws IllegalArgumentException when [offset] is negative
 * @throws dev.leasehold.memory.SegmentBoundsException when the range is outside of the lease
 * @throws dev.leasehold.memory.LeaseClosedException when the lease has ended before
 */
@JvmSynthetic
public suspend fun ByteWriteChannel.writeAll(
    lease: SharedLease,
    offset: Long = 0,
    length: Long = lease.size - offset,
) {
    val source = lease.asSource(offset, length)
    var left = length
    while (left > 0) {
        val end = left - minOf(left, PART)
        val buffer = writeBuffer.buffer
        while (left > end) left -= source.readAtMostTo(buffer, left - end)
        flush()
    }
}

/** [writeAll] of what is filled of [filled]. */
@JvmSynthetic
public suspend fun ByteWriteChannel.writeAll(filled: FilledLease): Unit = writeAll(filled.lease, 0, filled.length)
