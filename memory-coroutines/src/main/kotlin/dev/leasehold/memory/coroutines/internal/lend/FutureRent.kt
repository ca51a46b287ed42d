@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.lend

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.line.LineWaiter
import dev.leasehold.memory.coroutines.internal.own.Grant
import dev.leasehold.memory.coroutines.internal.own.RentingThread
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.startVirtual
import java.util.concurrent.CompletableFuture

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
        val _ = promise.whenComplete { _, _ -> settled() }
        next(this)
        return promise
    }

    /** The future is complete, by this or by other code, which wants no lease any more. */
    private fun settled() {
        if (lender.line.abandon(this)) future = null else wait?.abandon()
    }

    override fun notified() {
        val promise = future ?: return
        if (!isGranted) return complete { promise.completeExceptionally(lender.closed()) }
        if (promise.isDone) return forget()
        val lease = try {
            lender.tryRentBelow(bytes, grant)
        } catch (failure: Throwable) {
            return fail(promise, failure)
        }
        if (lease == null) awaitBelow(promise) else complete(promise, lease)
    }

    private fun awaitBelow(promise: CompletableFuture<SharedLease>) {
        val below = Wait(promise)
        wait = below
        lender.begin(below)
        // A completion before the wait was known could not end it.
        if (promise.isDone) below.abandon()
    }

    private fun complete(promise: CompletableFuture<SharedLease>, lease: SharedLease): Unit =
        complete { if (!promise.complete(lease)) undelivered(lease) }

    /** The future was complete before [lease] came. Open for a test that forgets it. */
    protected open fun undelivered(lease: SharedLease): Unit = lease.close()

    private fun fail(promise: CompletableFuture<SharedLease>, failure: Throwable) {
        grant.release()
        complete { promise.completeExceptionally(failure) }
    }

    private fun forget() {
        grant.release()
        future = null
    }

    /** Completes the future on a thread of its own: its dependents must not run on the one that gave bytes back. */
    private fun complete(action: () -> Unit) {
        future = null
        try {
            val _ = startVirtual("leasehold-future", action)
        } catch (_: OutOfMemoryError) {
            // No thread can be had, and what waits for the future must not wait for ever.
            action()
        }
    }

    /** The wait in the pool below. */
    private inner class Wait(private val promise: CompletableFuture<SharedLease>) : PoolWait(lender, bytes, grant) {
        override fun served(lease: SharedLease): Unit = complete(promise, lease)

        override fun failed(failure: Throwable): Unit = fail(promise, failure)

        fun abandon() {
            if (leave()) forget()
        }
    }

    companion object {
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
            val context = RentingThread.current()
            val grant = Grant(lender.line, size, context)
            if (!lender.line.tryTake(size)) {
                lender.requireRentable(size)
                lender.admit(size, context)
                return newRent(lender, grant).start { lender.line.join(it) }
            }
            val lease = grant.orRelease { lender.tryRentBelow(size, grant) }
            if (lease != null) return CompletableFuture.completedFuture(lease)
            return newRent(lender, grant).start(::beginBelow)
        }

        // It has its bytes without having been in the line.
        private fun beginBelow(rent: FutureRent) {
            check(rent.grant())
            rent.awaitBelow(checkNotNull(rent.future))
        }
    }
}
