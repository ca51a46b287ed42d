package dev.leasehold.memory.ktor

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.FilledLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.withLeases
import dev.leasehold.memory.ktor.internal.CHANNEL_BYTES
import dev.leasehold.memory.ktor.internal.awaitUpTo
import dev.leasehold.memory.ktor.internal.fill
import io.ktor.utils.io.ByteReadChannel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.io.EOFException

/**
 * Reads this channel to its end into leases of [size] bytes: all but the last are full.
 *
 * ```kotlin
 * channel.readLeases(buffers, 64.KiB).collect { part -> part.withSegment { digest(it) } }
 * ```
 *
 * It waits for the content first, in Ktor's own buffer, and rents then: a client that is slow or sends nothing holds no
 * lease, and starves nobody. While the pool's bytes are out it waits too, and so in the end does the client: no more is
 * read than there are leases.
 *
 * **Ownership.** As of [withLeases]: the flow closes each lease after the collector's block, unless it was
 * [moved][dev.leasehold.memory.coroutines.move] there, and on every way out: when the client goes away, the call is
 * cancelled or a timeout strikes.
 * **Threads.** Any; the channel allows one reader.
 * **Zeroed.** What lies behind the [filled][FilledLease.length] part is not, unless the pool's hygiene says so.
 * **Cost.** One rent, one close and one copy for each lease.
 *
 * Collecting throws what [rent][dev.leasehold.memory.coroutines.rent] throws, and a [java.io.IOException] when the
 * channel fails. A body that a client breaks off may end without one: [receiveLeases] of a call notices that.
 *
 * @throws IllegalArgumentException when [size] is not positive, or above the mebibyte that a channel gathers
 */
@JvmSynthetic
public fun ByteReadChannel.readLeases(pool: SuspendingPool, size: Long): Flow<FilledLease> {
    require(size in 1..CHANNEL_BYTES) {
        "a channel gathers 1 to $CHANNEL_BYTES bytes before they go to a lease, and not $size"
    }
    return flow { while (awaitUpTo(size)) emit(Unit) }
        .withLeases(pool, size) { _, lease -> FilledLease(lease, fill(lease, 0, size)) }
}

/**
 * Fills [length] bytes of [lease] from [offset] on; by default all of them.
 *
 * **Ownership.** The lease stays the caller's, and is out while this waits for the peer: prefer [readLeases] where
 * peers are slow. Its memory is not used after this has returned or thrown, also when it was cancelled.
 * **Threads.** Any; the channel allows one reader.
 * **Cost.** One copy.
 *
 * @throws kotlinx.io.EOFException when the channel ends before; what it had is in the lease
 * @throws kotlinx.io.IOException when the channel fails, or the lease has ended or is too small: then the cause says so
 */
@JvmSynthetic
public suspend fun ByteReadChannel.readInto(lease: SharedLease, offset: Long = 0, length: Long = lease.size - offset) {
    val filled = fill(lease, offset, length)
    if (filled < length) {
        throw EOFException("The channel ended after $filled of $length bytes; readLeases takes what there is")
    }
}
