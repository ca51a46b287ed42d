@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.io.readInto
import dev.leasehold.memory.coroutines.internal.io.writeFrom
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.pin
import java.nio.channels.AsynchronousByteChannel
import java.nio.channels.AsynchronousFileChannel

/**
 * Reads what there is into [lease], behind its first [offset] bytes: suspends until there is a byte, or the end.
 *
 * **Ownership.** The lease stays the caller's. Its memory is not used after this has returned or thrown, also when it
 * was cancelled, so that closing it right behind this is safe. When it is closed during the read, its memory comes back
 * when the read has ended.
 * **Cancellation.** Aborts the read in the only way there is, by closing the channel, and waits until the system has
 * let go of the memory; a timeout around it does the same.
 * **Threads.** Any. The channel allows one read at a time.
 * **Cost.** A few small objects, and a dispatch when it has to wait.
 *
 * Prefer this to handing `lease.asKeptByteBuffer()` to the channel: if such a read fails while it waits, because the
 * peer died or the channel was closed, the platform never lets go of the memory.
 *
 * @return how many bytes were read, or -1 at the end
 * @throws java.io.IOException when the read fails
 * @throws java.nio.channels.ReadPendingException while another read of this channel is going on
 * @throws dev.leasehold.memory.LeaseClosedException when the lease has ended
 * @throws dev.leasehold.memory.SegmentBoundsException when [offset] is outside of the lease
 * @throws dev.leasehold.memory.SegmentSizeException when more is left than a byte buffer can have
 */
@JvmSynthetic
public suspend fun AsynchronousByteChannel.read(lease: SharedLease, offset: Long = 0): Int =
    lease.pin(offset, lease.size - offset).use { readInto(it.asByteBuffer()) }

/**
 * Writes [length] bytes of [lease] from [offset] on, all of them by default: suspends until the system has them.
 *
 * **Ownership.** As of [read].
 * **Cancellation.** As of [read], by closing the channel; some of the bytes may have been written.
 * **Threads.** Any. The channel allows one write at a time.
 * **Cost.** A few small objects, and a dispatch when it has to wait, for each part that the system takes at once.
 *
 * @throws java.io.IOException when the write fails
 * @throws java.nio.channels.WritePendingException while another write of this channel is going on
 * @throws dev.leasehold.memory.LeaseClosedException when the lease has ended
 * @throws dev.leasehold.memory.SegmentBoundsException when the range is outside of the lease
 * @throws dev.leasehold.memory.SegmentSizeException when [length] is more than a byte buffer can have
 */
@JvmSynthetic
public suspend fun AsynchronousByteChannel.writeAll(
    lease: SharedLease,
    offset: Long = 0,
    length: Long = lease.size - offset,
): Unit = lease.pin(offset, length).use { pin ->
    val buffer = pin.asByteBuffer()
    while (buffer.hasRemaining()) {
        // A cancellation between two parts leaves a part behind, and is an abort as during one.
        val _ = writeFrom(buffer, begun = buffer.position() > 0)
    }
}

/** [writeAll] of what is filled of [filled]. */
@JvmSynthetic
public suspend fun AsynchronousByteChannel.writeAll(filled: FilledLease): Unit =
    writeAll(filled.lease, 0, filled.length)

/**
 * Reads once from [position] of this file into [lease], behind its first [offset] bytes.
 *
 * **Ownership, cost.** As of the [read] of a socket, which also says what is returned and thrown.
 * **Cancellation.** Waits for the read, which ends by itself, and soon; the channel stays open.
 * **Threads.** Any; several reads may go on at once.
 *
 * Do not hand the buffer of a confined [Lease][dev.leasehold.memory.Lease] to such a channel: the channel uses it on a
 * thread of its own, which the platform refuses there, so that the handler is never called.
 *
 * @throws IllegalArgumentException when [position] is negative
 */
@JvmSynthetic
public suspend fun AsynchronousFileChannel.read(lease: SharedLease, position: Long, offset: Long = 0): Int =
    lease.pin(offset, lease.size - offset).use { readInto(it.asByteBuffer(), position) }

/**
 * Writes [length] bytes of [lease] from [offset] on, all of them by default, at [position] of this file.
 *
 * **Ownership, cost.** As of the [writeAll] of a socket, which also says what is thrown.
 * **Cancellation.** Waits for the write that is going on; the channel stays open, and some bytes may have been written.
 * **Threads.** Any; several writes may go on at once.
 *
 * @throws IllegalArgumentException when [position] is negative
 */
@JvmSynthetic
public suspend fun AsynchronousFileChannel.writeAll(
    lease: SharedLease,
    position: Long,
    offset: Long = 0,
    length: Long = lease.size - offset,
): Unit = lease.pin(offset, length).use { pin ->
    val buffer = pin.asByteBuffer()
    var at = position
    while (buffer.hasRemaining()) at += writeFrom(buffer, at)
}

/** [writeAll] of what is filled of [filled]. */
@JvmSynthetic
public suspend fun AsynchronousFileChannel.writeAll(filled: FilledLease, position: Long): Unit =
    writeAll(filled.lease, position, 0, filled.length)
