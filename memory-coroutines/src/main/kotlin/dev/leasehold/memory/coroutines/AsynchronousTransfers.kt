package dev.leasehold.memory.coroutines

import dev.leasehold.memory.Segment
import java.nio.ByteBuffer
import java.nio.channels.AsynchronousByteChannel

/**
 * Reads what there is into [segment], usually a shared lease's: suspends until there is at least one byte, or the end.
 *
 * **Ownership.** The memory stays the caller's, and is never used after this has returned or thrown, also when it was cancelled:
 * closing the lease right behind it is safe.
 * **Cancellation.** Aborts the read in the only way there is, by closing the channel, and waits until the system has let go of the
 * memory; a timeout around it does the same.
 * **Threads.** Any. The channel allows one read at a time.
 * **Cost.** Two small objects, and a dispatch when it has to wait.
 *
 * @return how many bytes were read, or -1 at the end
 * @throws java.io.IOException when the read fails
 * @throws java.nio.channels.ReadPendingException while another read of this channel is going on
 * @throws dev.leasehold.memory.SegmentSizeException when [segment] is larger than a byte buffer can be
 * @throws UnsupportedOperationException when the memory belongs to one thread
 */
@JvmSynthetic
public suspend fun AsynchronousByteChannel.read(segment: Segment): Int = readInto(segment.asByteBuffer())

/**
 * Writes all of [segment], usually a shared lease's: suspends until it has been handed to the system.
 *
 * **Ownership.** The memory stays the caller's, and is never used after this has returned or thrown, also when it was cancelled:
 * closing the lease right behind it is safe.
 * **Cancellation.** Aborts the write in the only way there is, by closing the channel, and waits until the system has let go of the
 * memory; a timeout around it does the same. Some of the bytes may have been written.
 * **Threads.** Any. The channel allows one write at a time.
 * **Cost.** Two small objects, and a dispatch when it has to wait, for each part that the system takes at once.
 *
 * @throws java.io.IOException when the write fails
 * @throws java.nio.channels.WritePendingException while another write of this channel is going on
 * @throws dev.leasehold.memory.SegmentSizeException when [segment] is larger than a byte buffer can be
 * @throws UnsupportedOperationException when the memory belongs to one thread
 */
@JvmSynthetic
public suspend fun AsynchronousByteChannel.writeAll(segment: Segment) {
    val buffer = segment.asByteBuffer()
    while (buffer.hasRemaining()) {
        val _ = PendingOperation.run(abort = ::close) { handler -> write(buffer, Unit, handler) }
    }
}

/** [read] that goes on at the position of [buffer]. */
internal suspend fun AsynchronousByteChannel.readInto(buffer: ByteBuffer): Int =
    PendingOperation.run(abort = ::close) { handler -> read(buffer, Unit, handler) }
