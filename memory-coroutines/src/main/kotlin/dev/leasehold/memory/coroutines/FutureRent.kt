@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.rentSharedFor
import java.util.concurrent.CompletableFuture

/**
 * A future in the line, of which the caller has a [CompletableFuture].
 *
 *    waiting ──▶ granted ──▶ the lease, made on a virtual thread ──▶ the future completes with it
 *       │           │                                                  └ it was complete: the lease is closed
 *       └───────────┴─────── somebody completes the future: out of the line, or the virtual thread gives the bytes back
 *
 * Bytes are the line's, then this waiter's, then the Grant's, then the lease's; every step either hands them on or gives them back.
 */
internal class FutureRent private constructor(
    private val pool: SuspendingPool,
    bytes: Long,
    private val context: RentingThread,
) : LineWaiter(bytes) {
    // Forgotten at the end: the line keeps the last waiter that it served, and a lease that was lost must become garbage.
    @Volatile
    private var future: CompletableFuture<SharedLease>? = null

    /** Who makes the lease, while a completion of the future can interrupt that. */
    @Volatile
    private var maker: Thread? = null

    /** A future that goes on to [next], and is looked after from now on. */
    private fun start(next: (FutureRent) -> Unit): CompletableFuture<SharedLease> {
        val promise = CompletableFuture<SharedLease>()
        future = promise
        val _ = promise.whenComplete { _, _ -> settled() }
        next(this)
        return promise
    }

    /** The future is complete, by this or by somebody else, who wants no lease any more. */
    private fun settled() {
        if (pool.line.abandon(this)) future = null else maker?.interrupt()
    }

    /** On the thread of whoever gave bytes back or closed the pool: the dependents of the future must not run here. */
    override fun told() {
        try {
            val _ = Thread.ofVirtual().name("leasehold-future").inheritInheritableThreadLocals(false).start(::finish)
        } catch (failure: Throwable) {
            // No thread could be had, so this is the only one that can tell.
            if (isGranted) pool.giveBack(bytes)
            val _ = future?.completeExceptionally(failure)
            throw failure
        }
    }

    private fun finish() {
        val promise = future ?: return
        try {
            if (!isGranted) throw pool.closed()
            val lease = lease(promise)
            if (lease != null && !promise.complete(lease)) lease.close()
        } catch (failure: Throwable) {
            val _ = promise.completeExceptionally(failure)
        } finally {
            future = null
        }
    }

    /** The lease for the bytes that were granted; null when nobody wants it any more. Then, or when this throws, they are back. */
    private fun lease(promise: CompletableFuture<SharedLease>): SharedLease? {
        val grant = Grant(pool, bytes, context)
        maker = Thread.currentThread()
        try {
            // Whoever completed it before it could see the maker is seen here.
            if (!promise.isDone) return PoolTurn.blocking(pool, bytes, grant)
            grant.release()
            return null
        } catch (failure: Throwable) {
            grant.release()
            throw failure
        } finally {
            maker = null
        }
    }

    companion object {
        /** A future of a lease of [size] bytes of [pool]. */
        fun rent(pool: SuspendingPool, size: Long): CompletableFuture<SharedLease> = try {
            request(pool, size)
        } catch (invalid: InvalidSizeException) {
            throw invalid
        } catch (refusal: RuntimeException) {
            CompletableFuture.failedFuture(refusal)
        }

        private fun request(pool: SuspendingPool, size: Long): CompletableFuture<SharedLease> {
            val context = RentingThread.current()
            if (pool.tryTake(size)) return granted(pool, size, context)
            pool.requireRentable(size)
            pool.admit(size, context)
            return FutureRent(pool, size, context).start { pool.line.join(it) }
        }

        /** A future of a lease for bytes that have been taken. */
        private fun granted(pool: SuspendingPool, size: Long, context: RentingThread): CompletableFuture<SharedLease> {
            val grant = Grant(pool, size, context)
            val lease = try {
                pool.pool.rentSharedFor(grant, size)
            } catch (refusal: MemoryExhaustedException) {
                if (PoolTurn.canHelp(pool.pool, refusal)) return inTurn(pool, size, context)
                grant.release()
                throw refusal
            } catch (failure: Throwable) {
                grant.release()
                throw failure
            }
            return CompletableFuture.completedFuture(lease)
        }

        /** The same after the pool below has refused: its line is no place for the caller's thread. */
        private fun inTurn(pool: SuspendingPool, size: Long, context: RentingThread) =
            FutureRent(pool, size, context).start {
                check(it.grant())
                it.told()
            }
    }
}
