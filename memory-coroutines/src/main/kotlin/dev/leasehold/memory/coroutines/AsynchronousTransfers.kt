@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.pin
import java.nio.ByteBuffer
import java.nio.channels.AsynchronousByteChannel

/**
 * Reads what there is into [lease], behind its first [offset] bytes: suspends until there is at least one byte, or the end.
 *
 * **Ownership.** The lease stays the caller's. Its memory is not used after this has returned or thrown, also when it was cancelled, so
 * that closing it right behind this is safe. Who closes it during the read is refused, or the memory stays out of use until the
 * read has ended.
 * **Cancellation.** Aborts the read in the only way there is, by closing the channel, and waits until the system has let go of the
 * memory; a timeout around it does the same.
 * **Threads.** Any. The channel allows one read at a time.
 * **Cost.** A few small objects, and a dispatch when it has to wait.
 *
 * Prefer this to handing `lease.asByteBuffer()` to the channel: if such a read fails while it waits, because the peer died or the
 * channel was closed, the platform never lets go of the memory.
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
 * Writes [length] bytes of [lease] from [offset] on, all of them by default: suspends until they have been handed to the system.
 *
 * **Ownership.** The lease stays the caller's. Its memory is not used after this has returned or thrown, also when it was cancelled, so
 * that closing it right behind this is safe. Who closes it during the write is refused, or the memory stays out of use until
 * the write has ended.
 * **Cancellation.** Aborts the write in the only way there is, by closing the channel, and waits until the system has let go of the
 * memory; a timeout around it does the same. Some of the bytes may have been written.
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
        // Who is cancelled between two parts leaves half of what was to be written behind, which is to be aborted like any part.
        val _ = operate(abort = ::close, begun = buffer.position() > 0) { handler -> write(buffer, Unit, handler) }
    }
}

/** [writeAll] of what is filled of [filled]. */
@JvmSynthetic
public suspend fun AsynchronousByteChannel.writeAll(filled: FilledLease): Unit =
    writeAll(filled.lease, 0, filled.length)

/** Reads what there is into [buffer]. */
internal suspend fun AsynchronousByteChannel.readInto(buffer: ByteBuffer): Int =
    operate(abort = ::close) { handler -> read(buffer, Unit, handler) }
