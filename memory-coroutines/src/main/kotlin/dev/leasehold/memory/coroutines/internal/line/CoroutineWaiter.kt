@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.line

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.WaitOutcome
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.RejectedExecutionException
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.resumeWithException

/*
 * What a wait costs, beside those of kotlinx.coroutines' own semaphore and channel, and why (as of 1.11).
 *
 *                         dispatches   bytes on the heap   objects
 *    this line                1              181           continuation, link to the job, waiter, handler, result
 *    Semaphore.acquire        1               41           result, a sixteenth of a segment
 *    Channel.receive          1               14           a thirty-second of a segment
 *
 * An outside library has the dispatch: a grant resumes its coroutine as theirs does, on the thread that gave back. When
 * that is a worker of the coroutine's own dispatcher, it lands in this worker's own queue.
 *
 * It cannot have their bytes. Semaphores and channels suspend by `suspendCancellableCoroutineReusable`: the dispatched
 * continuation of a suspending function keeps one cancellable continuation for all waits of that function, and leaves
 * it attached to the job in between; and what is told of a cancellation is a cell in a segment of their queue, where
 * others need an object for it. All of that is internal to kotlinx.coroutines: it can be named past the compiler, and
 * changes without notice. There is `suspendCancellableCoroutine` for all others, which makes a continuation for each
 * wait, attaches it to the job, and detaches it at the grant; it wraps a handler of cancellation in an object, and a
 * result that comes with one in another. What is left to save is saved here: one object is the place in the line, the
 * handler and the result, and the second handler, for a cancellation behind the grant, captures nothing.
 *
 * Rejected: to wait in a semaphore or a channel for each waiter (they reuse the continuation, and need as many objects
 * and more steps themselves; a cancelled coroutine would leave the line only when it runs); a handler of the job in
 * place of a cancellable continuation (that a job tells of its cancellation, and not only of its end, is internal too);
 * `resumeUndispatched` (a close would run another coroutine until that suspends).
 */

/**
 * A coroutine in the line. It is its own cancellation handler, which saves an object a wait.
 *
 * @param refusal what the coroutine fails with when the line is closed; without one it is resumed, and has to look
 * @param tooMany what it fails with when there are too many in the line
 */
internal open class CoroutineWaiter(
    private val line: ByteLine,
    bytes: Long,
    private val tooMany: (bytes: Long, CoroutineContext) -> Throwable,
    private val refusal: (() -> Throwable)? = null,
) : LineWaiter(bytes),
    (Throwable?) -> Unit {
    // Forgotten once notified: the line keeps the last waiter that it served, which must not keep a coroutine alive.
    private var continuation: CancellableContinuation<CoroutineWaiter>? = null

    /** Joins the line; when this throws, it has not. */
    fun start(continuation: CancellableContinuation<CoroutineWaiter>) {
        // First: what is to hear of a cancellation must be in the line.
        line.begin(this)
        this.continuation = continuation
        continuation.invokeOnCancellation(this)
        if (!line.join(this)) throw tooMany(bytes, continuation.context)
    }

    override fun notified() {
        val waiter = continuation ?: return
        try {
            if (refusal == null || isGranted) resume(waiter) else waiter.resumeWithException(refusal())
        } catch (failure: Throwable) {
            if (isStillWaiting(failure, waiter)) throw failure
            continuation = null
            if (isRejection(failure, waiter.context)) dropped()
            throw failure
        }
        continuation = null
    }

    /** Resumes the coroutine, and gives the bytes back when it does not run. Open for a test that forgets that. */
    protected open fun resume(continuation: CancellableContinuation<CoroutineWaiter>): Unit =
        continuation.resume(this, DROPPED)

    /** The coroutine was cancelled. One that has its bytes loses them through [DROPPED] instead. */
    override fun invoke(cause: Throwable?) {
        if (line.abandon(this, outcomeOf(cause))) continuation = null
    }

    /** Takes it out of the line with [reason], unless it has been granted or refused already. */
    fun fail(reason: Throwable) {
        if (!line.abandon(this, WaitOutcome.FAILED)) return
        val waiter = continuation
        continuation = null
        waiter?.resumeWithException(reason)
    }

    private fun dropped() {
        if (isGranted) line.giveBack(bytes)
    }

    private companion object {
        /** Runs when the coroutine was cancelled after it had been resumed and before it ran. Captures nothing. */
        val DROPPED: (Throwable, CoroutineWaiter, CoroutineContext) -> Unit = { _, waiter, _ -> waiter.dropped() }
    }
}

/** How a wait ended whose coroutine was cancelled for [cause]. */
internal fun outcomeOf(cause: Throwable?): WaitOutcome =
    if (cause is TimeoutCancellationException) WaitOutcome.TIMED_OUT else WaitOutcome.CANCELLED

/**
 * Whether the dispatcher in [context] has refused the coroutine, which then never runs. After any other [failure] to
 * resume it, or where there is no dispatcher, it may run, or have run; what is given back twice would be worse than
 * what is lost.
 */
internal fun isRejection(failure: Throwable, context: CoroutineContext): Boolean =
    context[ContinuationInterceptor] is CoroutineDispatcher && failure.cause is RejectedExecutionException

/** Whether [failure] came before anything has happened to the coroutine of [waiter], which can be resumed again. */
internal fun isStillWaiting(failure: Throwable, waiter: CancellableContinuation<*>): Boolean =
    failure is VirtualMachineError && (waiter.isActive || waiter.isCancelled)

/**
 * Waits in the line, or fails with [tooMany]. Returns the waiter, which [was granted]
 * [LineWaiter.isGranted] the [bytes], so that they are the caller's; or, where there is no [refusal] to throw, was
 * refused them, because the line was closed. When this throws, they are not the caller's.
 *
 * The waiter itself, because a suspending function that does something with what it waited for costs one object more.
 */
internal suspend fun ByteLine.await(
    bytes: Long,
    tooMany: (bytes: Long, CoroutineContext) -> Throwable,
    refusal: (() -> Throwable)? = null,
): LineWaiter = suspendCancellableCoroutine { continuation ->
    CoroutineWaiter(this, bytes, tooMany, refusal).start(continuation)
}
