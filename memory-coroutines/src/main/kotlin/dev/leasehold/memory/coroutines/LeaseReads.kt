@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.coroutines.internal.io.AsynchronousFileFiller
import dev.leasehold.memory.coroutines.internal.io.ChannelFiller
import dev.leasehold.memory.coroutines.internal.io.FileFiller
import dev.leasehold.memory.coroutines.internal.io.LeaseFiller
import dev.leasehold.memory.coroutines.internal.io.SocketFiller
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.pin
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import java.nio.channels.AsynchronousByteChannel
import java.nio.channels.AsynchronousFileChannel
import java.nio.channels.ReadableByteChannel
import java.nio.file.Path

/**
 * Reads this file into leases of [size] bytes: all but the last are full.
 *
 * ```kotlin
 * path.readLeases(buffers, 64.KiB).collect { part -> part.withSegment { digest(it) } }
 * ```
 *
 * Opens the file when it is collected, and closes it at the end of that. While the pool's bytes are out it waits, and
 * the file with it: no more is read than there are leases.
 *
 * **Ownership.** As of [withLeases]: the flow closes each lease after the collector's block, unless it was
 * [moved][move] there, and on every way out. To read ahead, put [bufferLeases] behind it.
 * **Threads.** Blocking calls run on `Dispatchers.IO`; the collector stays in its own context.
 * **Zeroed.** What lies behind the [filled][FilledLease.length] part is not, unless the pool's hygiene says so.
 * **Cost.** One rent, one close and one hop to the dispatcher for each lease.
 *
 * Collecting throws what [rent] throws, and a [java.io.IOException] when the file cannot be opened or read.
 *
 * @throws IllegalArgumentException when [size] is not positive, or larger than a byte buffer can be
 */
@JvmSynthetic
public fun Path.readLeases(pool: SuspendingPool, size: Long): Flow<FilledLease> =
    leasesOf(pool, size) { FileFiller(this) }

/**
 * Reads this channel, which blocks, to its end, into leases of [size] bytes, each as far as one read fills it.
 *
 * Otherwise as [Path.readLeases]; the channel stays the caller's to close. A cancellation interrupts the read, which
 * closes a channel that is an [InterruptibleChannel][java.nio.channels.InterruptibleChannel]; it waits for one that is
 * not until its read returns, and keeps the lease until then.
 *
 * Collecting also throws an [IllegalBlockingModeException][java.nio.channels.IllegalBlockingModeException] when the
 * channel does not block.
 */
@JvmSynthetic
public fun ReadableByteChannel.readLeases(pool: SuspendingPool, size: Long): Flow<FilledLease> =
    leasesOf(pool, size) { ChannelFiller(this) }

/**
 * Reads this channel, a socket for example, until its peer ends it, into leases of [size] bytes, each as far as one
 * read fills it.
 *
 * Otherwise as [Path.readLeases]; the channel stays the caller's to close. A lease is out while it waits for the peer,
 * so a pool must have room for as many as wait.
 *
 * **Cancellation.** When it comes while a read is going on, it closes the channel, which is the only way to abort that,
 * and gives the lease back when the system has let go of its memory, not before. So does a timeout around it.
 */
@JvmSynthetic
public fun AsynchronousByteChannel.readLeases(pool: SuspendingPool, size: Long): Flow<FilledLease> =
    leasesOf(pool, size) { SocketFiller(this) }

/**
 * Reads this file from [position] to its end into leases of [size] bytes: all but the last are full.
 *
 * Otherwise as [Path.readLeases], without a dispatcher: the channel's own threads do the work. The channel stays the
 * caller's to close, and open when the flow is cancelled: that waits for the read that is going on.
 *
 * @throws IllegalArgumentException also when [position] is negative
 */
@JvmSynthetic
public fun AsynchronousFileChannel.readLeases(
    pool: SuspendingPool,
    size: Long,
    position: Long = 0,
): Flow<FilledLease> {
    require(position >= 0) { "a position in a file cannot be negative, and was $position" }
    return leasesOf(pool, size) { AsynchronousFileFiller(this, position) }
}

private fun leasesOf(pool: SuspendingPool, size: Long, open: () -> LeaseFiller): Flow<FilledLease> {
    require(size in 1..Int.MAX_VALUE) {
        "what is read into must have 1 to ${Int.MAX_VALUE} bytes, the most that a byte buffer can have, and not $size"
    }
    val site = pool.rentSite()
    return flow {
        open().use { filler ->
            do {
                val lease = pool.rentAt(site, size)
                val more = lease.held {
                    val pin = lease.pin(0, size)
                    val buffer = pin.asByteBuffer()
                    val more = pin.use { filler.fill(buffer) }
                    val length = buffer.position()
                    if (length > 0) emit(FilledLease(lease, length.toLong()))
                    more
                }
            } while (more)
        }
    }
}
