@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch

/**
 * Maps each element with a lease of [size] bytes, which lives until the collector is done with the result of
 * [transform].
 *
 * ```kotlin
 * rows.withLeases(buffers, 4.KiB) { row, lease -> lease.withSegment { encode(row, it) } }
 *     .collect { bytes -> send(bytes) } // the lease behind them is closed after this block
 * ```
 *
 * Rents before [transform], and suspends while the pool's bytes are out. Lease, view, or anything else can be emitted.
 *
 * **Ownership.** The flow owns the lease, and closes it when the collector's block for that element ends, on success,
 * failure and cancellation alike, and also after a `take` or a `first`. To keep it for longer the collector
 * [moves][move] it. An operator that buffers ends its block before its collector sees the element (`buffer`, `flowOn`,
 * `conflate`, `channelFlow`, `shareIn`): that finds the lease closed, and says so. For flows of leases [bufferLeases]
 * takes the place of `buffer`.
 * **Threads.** Any; the context of the collector is kept.
 * **Zeroed.** Not, unless the pool's hygiene says so.
 * **Cost.** One rent and one close for each element, and a few objects.
 *
 * Collecting throws what [rent] throws.
 */
@JvmSynthetic
public fun <T, R> Flow<T>.withLeases(
    pool: SuspendingPool,
    size: Long,
    transform: suspend (element: T, lease: SharedLease) -> R,
): Flow<R> = withLeases(pool, { size }, transform)

/** [withLeases] of as many bytes for each element as [size] returns. */
@JvmSynthetic
public fun <T, R> Flow<T>.withLeases(
    pool: SuspendingPool,
    size: (T) -> Long,
    transform: suspend (element: T, lease: SharedLease) -> R,
): Flow<R> {
    val site = pool.rentSite()
    return flow {
        collect { element ->
            val lease = pool.rentAt(site, size(element))
            lease.held { emit(transform(element, lease)) }
        }
    }
}

/**
 * [withLeases] with one lease of [size] bytes for each [count] elements; the last chunk may have fewer.
 *
 * A chunk is gathered first and leased then, so that no lease waits for the elements.
 *
 * @throws IllegalArgumentException when [count] is not positive
 */
@JvmSynthetic
public fun <T, R> Flow<T>.chunkedWithLeases(
    count: Int,
    pool: SuspendingPool,
    size: Long,
    transform: suspend (chunk: List<T>, lease: SharedLease) -> R,
): Flow<R> = inChunks(count).withLeases(pool, size, transform)

/**
 * Lets leases wait in a buffer, so that this flow and its collector run at the same time: the `buffer` of leases.
 *
 * `buffer` itself does not fit: it takes an element and lets the flow above go on, which closes the lease then, and it
 * drops what its collector did not come to. Here a buffered lease belongs to the buffer.
 *
 * **Ownership.** A lease is the flow's above until it is in the buffer, and the collector's block owns it when it comes
 * out: it is closed when that ends, unless it was [moved][move] there. What is in the buffer when the collector fails,
 * has enough (`take`) or is cancelled, or when the flow above fails, goes back. A lease of a plain pool cannot be
 * moved: if the flow above closes it, it comes out closed.
 * **Threads.** This flow is collected in a coroutine of its own, in the collector's context.
 * **Cost.** As `buffer`. While a collector is slow, up to [capacity] leases wait here, and one on either side.
 *
 * @param capacity how many leases wait at most, or a constant of [Channel]
 * @throws IllegalArgumentException when it is collected, if [capacity] is negative and no constant
 */
@JvmSynthetic
public fun Flow<SharedLease>.bufferLeases(capacity: Int = Channel.BUFFERED): Flow<SharedLease> =
    bufferLeases(capacity) { it }

/**
 * [bufferLeases] for elements that each carry a lease, such as [FilledLease]: `bufferLeases { it.lease }`.
 *
 * @param lease the lease of an element, always the same; it must not throw
 */
@JvmSynthetic
public fun <T> Flow<T>.bufferLeases(capacity: Int = Channel.BUFFERED, lease: (T) -> SharedLease): Flow<T> = flow {
    val buffer = LeaseChannel.of(capacity, BufferOverflow.SUSPEND, lease)
    coroutineScope {
        val _ = launch {
            try {
                collect { buffer.send(it) }
            } catch (end: CancellationException) {
                // The flow's own, of a timeout in it for example, fails nothing else: the collector learns of it here.
                buffer.close(end)
                throw end
            }
            buffer.close()
        }
        buffer.consumeLeases { emit(it) }
    }
}

private fun <T> Flow<T>.inChunks(count: Int): Flow<List<T>> {
    require(count > 0) { "a chunk has at least one element, and not $count" }
    return flow {
        var chunk = ArrayList<T>()
        collect {
            chunk.add(it)
            if (chunk.size == count) {
                val full = chunk
                chunk = ArrayList(count)
                emit(full)
            }
        }
        if (chunk.isNotEmpty()) emit(chunk)
    }
}
