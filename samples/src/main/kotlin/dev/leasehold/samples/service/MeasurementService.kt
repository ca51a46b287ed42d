package dev.leasehold.samples.service

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.suspendCancellableCoroutine
import java.io.IOException
import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.channels.AsynchronousChannel
import java.nio.channels.AsynchronousServerSocketChannel
import java.nio.channels.AsynchronousSocketChannel
import java.nio.channels.CompletionHandler
import java.util.concurrent.atomic.LongAdder
import kotlin.coroutines.resumeWithException
import kotlin.time.Duration.Companion.milliseconds

/**
 * A measurement service on the loopback interface.
 *
 * **Protocol.** A client connects, streams lines (see [LineFormat]) and closes its output. The service answers with one
 * line, the sorted `{name=min/mean/max, …}` over that stream, or with `ERROR line <number>: <reason>`, and closes the
 * connection.
 *
 * A coroutine serves each connection, all of them in one scope. Closing the service cancels the scope, and when all of
 * them have ended, so have their leases.
 *
 * **Ownership.** The caller closes it, and after it the memory that it was started with.
 * **Threads.** All of this may be called from any thread.
 */
class MeasurementService private constructor(
    private val memory: ServiceMemory,
    private val onRefusal: (String) -> Unit,
) : AutoCloseable {
    private val listener =
        AsynchronousServerSocketChannel.open().bind(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG)
    private val connections = CoroutineScope(SupervisorJob() + Dispatchers.Default + CoroutineName("measurements"))
    private val taken = LongAdder()

    /** The figures of all streams, in a large table that was rented for as long as the service lives. */
    private val total = memory.rentTotal()
    private var isTotalComplete = true

    /** The port that it listens on, chosen by the system. */
    val port: Int = (listener.localAddress as InetSocketAddress).port

    /** How many lines have been taken over all connections. */
    val rows: Long get() = taken.sum()

    /** The answer over all streams that have ended well so far. */
    fun total(): String = synchronized(total) {
        check(isTotalComplete) { "all streams together have more stations than fit into one table: there is no total" }
        total.withSegment { StationTable(it).stations() }.joinToString(", ", "{", "}")
    }

    private fun addToTotal(stream: StationTable): Unit = synchronized(total) {
        isTotalComplete = total.withSegment { StationTable(it).addAll(stream) } && isTotalComplete
    }

    /** Stops: no new connections, the open ones are cut, and all memory has been given back when this returns. */
    override fun close() {
        runBlocking { connections.coroutineContext.job.cancelAndJoin() }
        listener.close()
        total.close()
    }

    private suspend fun acceptAll() {
        while (true) {
            try {
                serve(listener.await { listener.accept(Unit, it) })
            } catch (failure: IOException) {
                onRefusal("a connection could not be accepted: $failure")
                delay(50.milliseconds) // Most likely out of file handles: let some connections end.
            }
        }
    }

    private fun serve(channel: AsynchronousSocketChannel) {
        val connection = connections.launch { converse(Connection(channel, memory, taken, ::addToTotal)) }
        // Not inside of the coroutine: one that is cancelled before it has begun never runs.
        connection.invokeOnCompletion { channel.close() }
    }

    /** Whatever goes wrong here concerns this connection alone; the others go on. */
    private suspend fun converse(connection: Connection) {
        try {
            connection.serve()
        } catch (refused: LineRefusedException) {
            onRefusal(refused.message.orEmpty())
            connection.refuse(refused)
        } catch (cancelled: CancellationException) {
            throw cancelled
        } catch (failure: Exception) {
            onRefusal("failed: $failure")
        }
    }

    companion object {
        /** How many connections may stand in the system's line before they are accepted. */
        private const val BACKLOG = 4096

        /**
         * Starts a service with [memory], which calls [onRefusal] with the reason of each stream that it could not
         * answer.
         */
        @JvmStatic
        @JvmOverloads
        fun start(memory: ServiceMemory, onRefusal: (String) -> Unit = {}): MeasurementService {
            val service = MeasurementService(memory, onRefusal)
            service.connections.launch { service.acceptAll() }
            return service
        }
    }
}

/**
 * Suspends until the operation that [start] starts has ended. A cancellation closes the channel, which aborts the
 * operation.
 *
 * This is for operations without leased memory. `read` and `writeAll` of memory-coroutines are for leases: they return
 * only when the system has let go of the memory.
 */
internal suspend fun <T> AsynchronousChannel.await(start: (CompletionHandler<T, Unit>) -> Unit): T =
    suspendCancellableCoroutine { continuation ->
        continuation.invokeOnCancellation { close() }
        start(
            object : CompletionHandler<T, Unit> {
                override fun completed(result: T, attachment: Unit) =
                    continuation.resume(result) { _, late, _ -> (late as? AutoCloseable)?.close() }

                override fun failed(failure: Throwable, attachment: Unit) = continuation.resumeWithException(failure)
            },
        )
    }
