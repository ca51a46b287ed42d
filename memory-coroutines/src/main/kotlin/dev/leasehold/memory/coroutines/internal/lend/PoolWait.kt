@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.lend

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.line.Notifications
import dev.leasehold.memory.coroutines.internal.line.Notified
import dev.leasehold.memory.coroutines.internal.line.isRejection
import dev.leasehold.memory.coroutines.internal.line.isStillWaiting
import dev.leasehold.memory.coroutines.internal.line.outcomeOf
import dev.leasehold.memory.coroutines.internal.watch.PoolWaiter
import dev.leasehold.memory.coroutines.internal.watch.ScopeChain
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseOwner
import dev.leasehold.memory.internal.spi.LineWait
import dev.leasehold.memory.internal.spi.WaitOutcome
import dev.leasehold.memory.internal.spi.rentSharedFor
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlin.coroutines.resumeWithException

/**
 * One wait in the line of the pool below, for memory for bytes that were granted.
 *
 * Usually that pool has the memory at hand. It may refuse all the same: others rent from it, its blocks are larger than
 * what was requested, a budget above it is exhausted.
 */
internal abstract class PoolWait(private val lender: Lender, size: Long, owner: LeaseOwner?) : Notified() {
    private val wait = LineWait(lender.pool, size, owner) { Notifications.all(this) }

    // What the wait ended with: it is to be taken once, and kept until someone has it.
    private var lease: SharedLease? = null
    private var failure: Throwable? = null

    /** Enters the line. For [Lender.begin]. */
    fun join(): Unit = wait.join()

    /** Leaves the line with [outcome]; false when this has been served or refused, of which it is notified. */
    @IgnorableReturnValue
    fun leave(outcome: WaitOutcome): Boolean = wait.leave(outcome).also { if (it) lender.end(this) }

    /** Leaves the line with [failure], unless this has been served. */
    fun giveUp(failure: Throwable) {
        val outcome = if (failure is PoolClosedException) WaitOutcome.CLOSED else WaitOutcome.FAILED
        if (leave(outcome)) failed(failure)
    }

    override fun notified() {
        if (lease == null && failure == null) takeEnd()
        val lease = lease
        if (lease != null) served(lease) else failed(checkNotNull(failure))
        this.lease = null
    }

    private fun takeEnd() {
        lender.end(this)
        try {
            lease = wait.lease()
        } catch (thrown: Throwable) {
            failure = thrown
        }
    }

    /**
     * Called until it does not throw an error of the virtual machine, unless [failed] is, or this has [left][leave];
     * it throws one before anything has happened, or finds that nothing is left to be done.
     */
    protected abstract fun served(lease: SharedLease)

    /** Called likewise. No lease comes. */
    protected abstract fun failed(failure: Throwable)
}

/** The wait of a coroutine. */
private class CoroutinePoolWait(
    lender: Lender,
    size: Long,
    owner: LeaseOwner?,
    private var continuation: CancellableContinuation<SharedLease>?,
) : PoolWait(lender, size, owner) {
    override fun served(lease: SharedLease): Unit = once { waiter ->
        try {
            waiter.resume(lease) { _, undelivered, _ -> undelivered.close() }
        } catch (failure: Throwable) {
            if (isRejection(failure, waiter.context)) lease.close()
            throw failure
        }
    }

    override fun failed(failure: Throwable): Unit = once { it.resumeWithException(failure) }

    private inline fun once(resume: (CancellableContinuation<SharedLease>) -> Unit) {
        val waiter = continuation ?: return
        try {
            resume(waiter)
        } catch (failure: Throwable) {
            if (!isStillWaiting(failure, waiter)) continuation = null
            throw failure
        }
        continuation = null
    }
}

/** Whether a wait can help against [refusal]: there is a limit under which something could come back. */
internal fun Lender.canHelp(refusal: MemoryExhaustedException): Boolean =
    pool.limit != Long.MAX_VALUE || refusal is BudgetExceededException

/** A lease of [size] bytes of the pool below for [owner]; null when that has none now, and a wait [can help][canHelp]. */
internal fun Lender.tryRentBelow(size: Long, owner: LeaseOwner): SharedLease? = try {
    pool.rentSharedFor(owner, size)
} catch (refusal: MemoryExhaustedException) {
    if (canHelp(refusal)) null else throw refusal
}

/** [tryRentBelow], also after a wait; the caller has [inHand] of the same request meanwhile. */
internal suspend fun Lender.rentBelow(
    size: Long,
    owner: LeaseOwner,
    inHand: List<SharedLease> = emptyList(),
): SharedLease = tryRentBelow(size, owner) ?: awaitBelow(size, owner, inHand)

/** Waits for memory below, after a first try met a refusal against which that [can help][canHelp]. */
internal suspend fun Lender.awaitBelow(
    size: Long,
    owner: LeaseOwner?,
    inHand: List<SharedLease> = emptyList(),
): SharedLease {
    val context = currentCoroutineContext()
    val chain = if (watch.isOn) ScopeChain.of(state, context) else null
    var watched: PoolWaiter? = null
    try {
        return suspendCancellableCoroutine { continuation ->
            val wait = CoroutinePoolWait(this, size, owner, continuation)
            if (chain != null || inHand.isNotEmpty()) {
                watched = PoolWaiter(size, chain, inHand, context, wait::giveUp).also(watch::add)
            }
            continuation.invokeOnCancellation { wait.leave(outcomeOf(it)) }
            begin(wait)
        }
    } finally {
        watched?.let(watch::remove)
    }
}
