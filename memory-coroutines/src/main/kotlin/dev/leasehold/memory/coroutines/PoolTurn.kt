@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.InternalMemoryApi
import dev.leasehold.memory.internal.LeaseOwner
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.rentSharedFor
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlin.coroutines.resumeWithException
import kotlin.time.Duration

/**
 * The way to a lease for bytes that were granted.
 *
 * Usually the pool below has the memory at hand. It may refuse all the same: others rent from it, its blocks are larger than
 * what was asked for, a budget above it is exhausted. Then the rent waits in the pool's own line, where threads wait, by
 * way of a virtual thread, which a cancellation interrupts. This is rare, and costs some microseconds when it happens.
 */
internal object PoolTurn {
    /** Rents [size] bytes of [pool] for [owner], and waits for its turn there when it must. */
    suspend fun rent(pool: SuspendingPool, size: Long, owner: LeaseOwner): SharedLease = try {
        pool.pool.rentSharedFor(owner, size)
    } catch (refusal: MemoryExhaustedException) {
        await(pool, size, owner, refusal)
    }

    /**
     * Waits for its turn, after a first try met [refusal].
     *
     * @throws MemoryExhaustedException [refusal], when it was the system that refused, and there is no limit under which
     *   something could come back
     */
    suspend fun await(
        pool: SuspendingPool,
        size: Long,
        owner: LeaseOwner?,
        refusal: MemoryExhaustedException,
    ): SharedLease {
        if (pool.pool.limit == Long.MAX_VALUE && refusal !is BudgetExceededException) throw refusal
        return suspendCancellableCoroutine { continuation ->
            val thread = Thread.ofVirtual().name("leasehold-turn").unstarted {
                val lease = try {
                    pool.turns.during { blocking(pool.pool, size, owner) }
                } catch (_: InterruptedException) {
                    // Or the coroutine was cancelled, has been told, and hears nothing of this.
                    return@unstarted continuation.resumeWithException(pool.closed())
                } catch (failure: Throwable) {
                    return@unstarted continuation.resumeWithException(failure)
                }
                continuation.resume(lease) { _, undelivered, _ -> undelivered.close() }
            }
            continuation.invokeOnCancellation { thread.interrupt() }
            thread.start()
        }
    }

    private fun blocking(pool: MemoryPool, size: Long, owner: LeaseOwner?): SharedLease = if (owner ==
        null
    ) {
        pool.rentShared(size, Duration.INFINITE)
    } else {
        pool.rentSharedFor(owner, size, Duration.INFINITE)
    }
}
