package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.consume

/**
 * Makes a channel of leases whose undelivered ones go back by themselves: see [LeaseChannel].
 *
 * @param capacity how many it buffers, or a constant of [Channel]
 * @param onBufferOverflow what it does when it is full; what it drops is closed
 * @throws IllegalArgumentException when [capacity] is negative and no constant, or is [Channel.CONFLATED] and
 *   [onBufferOverflow] is given
 */
@JvmSynthetic
public fun leaseChannel(
    capacity: Int = Channel.RENDEZVOUS,
    onBufferOverflow: BufferOverflow = BufferOverflow.SUSPEND,
): LeaseChannel<SharedLease> = LeaseChannel.of(capacity, onBufferOverflow) { it }

/**
 * Makes a channel of elements that each carry a lease, which goes back by itself when its element is not delivered: see
 * [LeaseChannel].
 *
 * ```kotlin
 * class Upload(val name: String, val bytes: SharedLease)
 *
 * val uploads = leaseChannel<Upload>(capacity = 16) { it.bytes }
 * ```
 *
 * Otherwise as the form without [lease].
 *
 * @param lease the lease of an element, always the same; it must not throw
 */
@JvmSynthetic
public fun <E> leaseChannel(
    capacity: Int = Channel.RENDEZVOUS,
    onBufferOverflow: BufferOverflow = BufferOverflow.SUSPEND,
    lease: (E) -> SharedLease,
): LeaseChannel<E> = LeaseChannel.of(capacity, onBufferOverflow, lease)

/**
 * Receives until the channel is closed, runs [action] with each element, and closes its lease after that.
 *
 * When [action] fails, or this coroutine is cancelled, the channel is cancelled, and all that is still in it goes back.
 * So at most one consumer fails: several that share a channel stop together.
 *
 * **Ownership.** The lease is [action]'s until that ends; to keep it for longer, [move] it, or send it on. A lease of a
 * plain pool cannot be moved, and is closed in any case.
 *
 * @throws Throwable the cause that the channel was closed with, if one was given; what [action] throws
 * @throws dev.leasehold.memory.MemoryBusyException when [action] returned and the lease could not be closed, because a
 *   native call or an input/output operation is still using it; it is closed as soon as that ends
 */
public suspend inline fun <E> LeaseChannel<E>.consumeLeases(action: (E) -> Unit): Unit = consume {
    for (element in this) leaseOf(element).held { action(element) }
}
