@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseOwner
import dev.leasehold.memory.internal.spi.rentSharedFor
import dev.leasehold.memory.rentShared
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.currentCoroutineContext
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
    /**
     * Rents [size] bytes of the pool below [pool] for [owner], and waits for its turn there when it must; the caller
     * has [inHand] of it meanwhile.
     */
    suspend fun rent(
        pool: SuspendingPool,
        size: Long,
        owner: LeaseOwner,
        inHand: List<SharedLease> = emptyList(),
    ): SharedLease = try {
        pool.pool.rentSharedFor(owner, size)
    } catch (refusal: MemoryExhaustedException) {
        await(pool, size, owner, refusal, inHand)
    }

    /**
     * Waits for its turn, after a first try met [refusal].
     *
     * @throws MemoryExhaustedException [refusal], when it was the system that refused, and there is no limit under which
     *   something could come back
     * @throws RentDeadlockException when all that the pool below has given out is the caller's and its scopes', and stays so
     */
    suspend fun await(
        pool: SuspendingPool,
        size: Long,
        owner: LeaseOwner?,
        refusal: MemoryExhaustedException,
        inHand: List<SharedLease> = emptyList(),
    ): SharedLease {
        if (!canHelp(pool.pool, refusal)) throw refusal
        val turn = Turn(pool, size, owner)
        val watch = TurnWatch.over(pool, size, inHand, currentCoroutineContext()) { turn.giveUp(it) }
        try {
            return suspendCancellableCoroutine { turn.start(it) }
        } finally {
            watch?.interrupt()
        }
    }

    /** Whether a wait can help against [refusal]: there is a limit under which something could come back. */
    fun canHelp(pool: MemoryPool, refusal: MemoryExhaustedException): Boolean =
        pool.limit != Long.MAX_VALUE || refusal is BudgetExceededException

    /**
     * Rents on the thread that calls this, which waits for its turn when it must, up to [timeout].
     *
     * @throws dev.leasehold.memory.PoolClosedException when one of the pools is closed before it has its lease
     */
    fun blocking(
        pool: SuspendingPool,
        size: Long,
        owner: LeaseOwner?,
        timeout: Duration = Duration.INFINITE,
    ): SharedLease = pool.turns.during(pool::closed) {
        if (owner == null) pool.pool.rentShared(size, timeout) else pool.pool.rentSharedFor(owner, size, timeout = timeout)
    }

    /** One wait in the pool's line, by a virtual thread that stands there for a coroutine. */
    private class Turn(private val pool: SuspendingPool, private val size: Long, private val owner: LeaseOwner?) {
        @Volatile
        private var thread: Thread? = null

        @Volatile
        private var reason: Throwable? = null

        fun start(continuation: CancellableContinuation<SharedLease>) {
            val stand = Thread.ofVirtual().name("leasehold-turn").unstarted { take(continuation) }
            thread = stand
            continuation.invokeOnCancellation { stand.interrupt() }
            // After the thread is known, so that this or the verdict sees the other.
            if (reason != null) stand.interrupt()
            stand.start()
        }

        /** Leaves the line, and lets the coroutine fail with [why]; unless it has its lease. */
        fun giveUp(why: Throwable) {
            reason = why
            thread?.interrupt()
        }

        private fun take(continuation: CancellableContinuation<SharedLease>) {
            val lease = try {
                blocking(pool, size, owner)
            } catch (_: InterruptedException) {
                // Without a reason the coroutine was cancelled, and has been told.
                return reason?.let { continuation.resumeWithException(it) } ?: Unit
            } catch (failure: Throwable) {
                return continuation.resumeWithException(failure)
            }
            continuation.resume(lease) { _, undelivered, _ -> undelivered.close() }
        }
    }
}
