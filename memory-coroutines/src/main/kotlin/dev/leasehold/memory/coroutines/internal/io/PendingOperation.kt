package dev.leasehold.memory.coroutines.internal.io

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import java.nio.ByteBuffer
import java.nio.channels.AsynchronousByteChannel
import java.nio.channels.AsynchronousFileChannel
import java.nio.channels.CompletionHandler

/**
 * One operation of an asynchronous channel, from its start until the system has done with its buffer.
 *
 * The system may write into the buffer, or read from it, until the handler has been called, whatever became of the
 * coroutine that started it. If the wait ended at a cancellation, as waits do, the caller would close its lease, and
 * the operation would go on in memory that another has rented by then. So the wait ends only when the handler has been
 * called; a cancellation aborts the operation, so that this is soon.
 */
internal class PendingOperation : CompletionHandler<Int, Unit> {
    private val end = CompletableDeferred<Int>()

    override fun completed(result: Int, attachment: Unit) {
        val _ = end.complete(result)
    }

    override fun failed(failure: Throwable, attachment: Unit) {
        val _ = end.completeExceptionally(failure)
    }

    /** Waits until the handler has been called; a cancellation runs [abort] first. */
    suspend fun await(abort: () -> Unit): Int = try {
        end.await()
    } catch (cancelled: CancellationException) {
        abortFor(cancelled, abort)
        withContext(NonCancellable) { end.join() }
        throw cancelled
    }
}

private fun abortFor(cancelled: CancellationException, abort: () -> Unit) {
    try {
        abort()
    } catch (failure: Throwable) {
        cancelled.addSuppressed(failure)
    }
}

/**
 * Runs the operation that [start] starts, and waits for its end. A cancellation runs [abort], and then waits on. After
 * a cancellation nothing is started, and [abort] runs only when this would go on with what has [begun].
 */
private suspend fun operate(
    abort: () -> Unit,
    begun: Boolean = false,
    start: (CompletionHandler<Int, Unit>) -> Unit,
): Int {
    try {
        currentCoroutineContext().ensureActive()
    } catch (cancelled: CancellationException) {
        if (begun) abortFor(cancelled, abort)
        throw cancelled
    }
    val operation = PendingOperation()
    start(operation)
    return operation.await(abort)
}

/** Reads what there is into [buffer]. A cancellation closes the channel, the only way to abort a read. */
internal suspend fun AsynchronousByteChannel.readInto(buffer: ByteBuffer): Int =
    operate(abort = ::close) { handler -> read(buffer, Unit, handler) }

/** Writes what the system takes of [buffer]. A cancellation closes the channel, also before this when [begun]. */
internal suspend fun AsynchronousByteChannel.writeFrom(buffer: ByteBuffer, begun: Boolean): Int =
    operate(abort = ::close, begun) { handler -> write(buffer, Unit, handler) }

/** Reads at [position] into [buffer]. A read of a file ends by itself, and soon, so a cancellation aborts nothing. */
internal suspend fun AsynchronousFileChannel.readInto(buffer: ByteBuffer, position: Long): Int =
    operate(abort = {}) { handler -> read(buffer, position, Unit, handler) }

/** Writes what the system takes of [buffer] at [position], likewise. */
internal suspend fun AsynchronousFileChannel.writeFrom(buffer: ByteBuffer, position: Long): Int =
    operate(abort = {}) { handler -> write(buffer, position, Unit, handler) }
