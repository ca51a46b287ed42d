package dev.leasehold.memory.coroutines

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.rentShared
import kotlin.contracts.ExperimentalContracts
import kotlin.contracts.InvocationKind
import kotlin.contracts.contract

/**
 * Runs [block] with a lease of [size] bytes that any thread may use, and closes it on every way out: success, failure and
 * cancellation.
 *
 * **Ownership.** The lease belongs to this call. It must not be used after [block] has ended.
 * **Threads.** Any: [block] may suspend and go on elsewhere.
 * **Zeroed.** Not, unless the pool's hygiene says so.
 * **Cost.** One `rentShared` and one close. It does not wait for memory: when the pool's limit stops it, it throws.
 *
 * @throws dev.leasehold.memory.InvalidSizeException when [size] is negative or above what the pool can ever hold
 * @throws dev.leasehold.memory.MemoryExhaustedException when the pool's limit or the system stops it
 * @throws dev.leasehold.memory.PoolClosedException when the pool is closed
 */
@OptIn(ExperimentalContracts::class)
public suspend inline fun <R> MemoryPool.withLease(size: Long, block: suspend (SharedLease) -> R): R {
    contract { callsInPlace(block, InvocationKind.EXACTLY_ONCE) }
    return rentShared(size).use { block(it) }
}
