package dev.leasehold.memory.coroutines.internal.line

import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.RejectedExecutionException
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.resumeWithException

/**
 * A coroutine in the line. It is its own cancellation handler, which saves an object a wait.
 *
 * @param refusal what the coroutine fails with when the line is closed; without one it is resumed, and has to look
 */
internal open class CoroutineWaiter(
    private val line: ByteLine,
    bytes: Long,
    private val refusal: (() -> Throwable)? = null,
) : LineWaiter(bytes),
    (Throwable?) -> Unit {
    // Forgotten once notified: the line keeps the last waiter that it served, which must not keep a coroutine alive.
    private var continuation: CancellableContinuation<CoroutineWaiter>? = null

    fun start(continuation: CancellableContinuation<CoroutineWaiter>) {
        this.continuation = continuation
        continuation.invokeOnCancellation(this)
        line.join(this)
    }

    override fun notified() {
        val waiter = continuation ?: return
        continuation = null
        try {
            if (refusal == null || isGranted) resume(waiter) else waiter.resumeWithException(refusal())
        } catch (failure: Throwable) {
            if (isRejection(failure, waiter.context)) dropped()
            throw failure
        }
    }

    /** Resumes the coroutine, and gives the bytes back when it does not run. Open for a test that forgets that. */
    protected open fun resume(continuation: CancellableContinuation<CoroutineWaiter>): Unit =
        continuation.resume(this, DROPPED)

    /** The coroutine was cancelled. One that has its bytes loses them through [DROPPED] instead. */
    override fun invoke(cause: Throwable?) {
        if (line.abandon(this)) continuation = null
    }

    /** Takes it out of the line with [reason], unless it has been granted or refused already. */
    fun fail(reason: Throwable) {
        if (!line.abandon(this)) return
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

/**
 * Whether the dispatcher in [context] has refused the coroutine, which then never runs. After any other [failure] to
 * resume it, or where there is no dispatcher, it may run, or have run; what is given back twice would be worse than
 * what is lost.
 */
internal fun isRejection(failure: Throwable, context: CoroutineContext): Boolean =
    context[ContinuationInterceptor] is CoroutineDispatcher && failure.cause is RejectedExecutionException

/**
 * Waits in the line, into which the caller has been [admitted][ByteLine.admit]. Returns the waiter, which [was granted]
 * [LineWaiter.isGranted] the [bytes], so that they are the caller's; or, where there is no [refusal] to throw, was
 * refused them, because the line was closed. When this throws, they are not the caller's.
 *
 * The waiter itself, because a suspending function that does something with what it waited for costs one object more.
 */
internal suspend fun ByteLine.await(bytes: Long, refusal: (() -> Throwable)? = null): LineWaiter =
    suspendCancellableCoroutine { continuation -> CoroutineWaiter(this, bytes, refusal).start(continuation) }
