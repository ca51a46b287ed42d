@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.lend

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.line.LineWaiter
import dev.leasehold.memory.coroutines.internal.own.Grant
import dev.leasehold.memory.coroutines.internal.own.RentingThread
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.WaitOutcome
import dev.leasehold.memory.internal.spi.requireStack
import dev.leasehold.memory.internal.spi.startVirtual
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeoutException

/**
 * A future in the line, of which the caller has a [CompletableFuture].
 *
 *    waiting ──▶ granted ──▶ the lease, perhaps after a wait below ──▶ the future completes with it
 *       │           │                                                   └ it was complete: the lease is closed
 *       └───────────┴─────── the future is completed by other code: out of the line, and the bytes go back
 *
 * Bytes are the line's, then this waiter's, then the Grant's, then the lease's; every step either hands them on or
 * gives them back.
 */
internal open class FutureRent(
    private val lender: Lender,
    private val grant: Grant,
) : LineWaiter(grant.bytes) {
    // Forgotten at the end: the line keeps the last waiter that it served, and a lost lease must become garbage.
    @Volatile
    private var future: CompletableFuture<SharedLease>? = null

    /** The wait in the pool below, while there is one. */
    @Volatile
    private var wait: Wait? = null

    /** A future that goes on to [next], and is looked after from now on. */
    private fun start(next: (FutureRent) -> Unit): CompletableFuture<SharedLease> {
        val promise = CompletableFuture<SharedLease>()
        future = promise
        val _ = promise.whenComplete { _, failure -> settled(outcomeOf(failure)) }
        next(this)
        return promise
    }

    /** The future is complete, by this or by other code, which wants no lease any more. */
    private fun settled(outcome: WaitOutcome) {
        if (lender.line.abandon(this, outcome)) future = null else wait?.abandon(outcome)
    }

    override fun notified() {
        val promise = future ?: return
        if (!isGranted) return complete(promise, null, lender.closed())
        if (promise.isDone) return forget()
        val lease = try {
            lender.tryRentBelow(bytes, grant)
        } catch (failure: Throwable) {
            return fail(promise, failure)
        }
        if (lease == null) awaitBelowOrFail(promise) else complete(promise, lease, null)
    }

    private fun awaitBelowOrFail(promise: CompletableFuture<SharedLease>) {
        try {
            awaitBelow(promise)
        } catch (failure: Throwable) {
            fail(promise, failure)
        }
    }

    private fun awaitBelow(promise: CompletableFuture<SharedLease>) {
        val below = Wait(promise)
        wait = below
        lender.begin(below)
        // A completion before the wait was known could not end it.
        if (promise.isDone) below.abandon(WaitOutcome.CANCELLED)
    }

    private fun fail(promise: CompletableFuture<SharedLease>, failure: Throwable) {
        complete(promise, null, failure)
        grant.release()
    }

    private fun forget() {
        grant.release()
        future = null
    }

    /**
     * Completes the future on a thread of its own: its dependents must not run on the one that gave bytes back. When
     * this throws, the future is not complete.
     */
    private fun complete(promise: CompletableFuture<SharedLease>, lease: SharedLease?, failure: Throwable?) {
        try {
            val _ = startVirtual("leasehold-future") { settle(promise, lease, failure) }
        } catch (_: OutOfMemoryError) {
            // No thread can be had, and what waits for the future must not wait for ever.
            settle(promise, lease, failure)
        }
        future = null
    }

    private fun settle(promise: CompletableFuture<SharedLease>, lease: SharedLease?, failure: Throwable?) {
        if (lease == null) {
            val _ = promise.completeExceptionally(failure)
        } else if (!promise.complete(lease)) {
            undelivered(lease)
        }
    }

    /** The future was complete before [lease] came. Open for a test that forgets it. */
    protected open fun undelivered(lease: SharedLease): Unit = lease.close()

    /** The wait in the pool below. */
    private inner class Wait(private val promise: CompletableFuture<SharedLease>) : PoolWait(lender, bytes, grant) {
        override fun served(lease: SharedLease): Unit = complete(promise, lease, null)

        override fun failed(failure: Throwable): Unit = fail(promise, failure)

        fun abandon(outcome: WaitOutcome) {
            if (leave(outcome)) forget()
        }
    }

    companion object {
        /** How a wait ended whose future other code has completed, with [failure] if that is one. */
        private fun outcomeOf(failure: Throwable?) =
            if (failure is TimeoutException) WaitOutcome.TIMED_OUT else WaitOutcome.CANCELLED

        /** A future of a lease of [size] bytes of [lender]. */
        fun rent(
            lender: Lender,
            size: Long,
            newRent: (Lender, Grant) -> FutureRent = ::FutureRent,
        ): CompletableFuture<SharedLease> = try {
            request(lender, size, newRent)
        } catch (invalid: InvalidSizeException) {
            throw invalid
        } catch (refusal: RuntimeException) {
            CompletableFuture.failedFuture(refusal)
        }

        private fun request(
            lender: Lender,
            size: Long,
            newRent: (Lender, Grant) -> FutureRent,
        ): CompletableFuture<SharedLease> {
            val context = lender.sited(RentingThread.current())
            val grant = Grant(lender.line, size, context)
            requireStack(Leasing.CALLS)
            if (!lender.line.tryTake(size)) {
                lender.requireRentable(size)
                lender.requirePlace(size, context)
                return newRent(lender, grant).start { rent ->
                    lender.line.begin(rent)
                    if (!lender.line.join(rent)) throw lender.tooMany(size, context)
                }
            }
            return grant.orRelease {
                val served = CompletableFuture<SharedLease>()
                val lease = lender.tryRentBelow(size, grant)
                if (lease == null) newRent(lender, grant).start(::beginBelow) else served.also { it.complete(lease) }
            }
        }

        // It has its bytes without having been in the line.
        private fun beginBelow(rent: FutureRent) {
            check(rent.grant())
            rent.awaitBelow(checkNotNull(rent.future))
        }
    }
}
