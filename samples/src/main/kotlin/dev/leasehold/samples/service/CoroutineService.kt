package dev.leasehold.samples.service

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.io.IOException
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.StandardSocketOptions
import java.nio.channels.SelectionKey
import java.nio.channels.ServerSocketChannel
import java.nio.channels.SocketChannel
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.LongAccumulator
import java.util.concurrent.atomic.LongAdder
import kotlin.time.Duration.Companion.milliseconds

/**
 * The service with a coroutine for each connection, all of them in one scope: closing the service cancels the scope, and
 * when all of them have ended, so have their leases.
 *
 * Thousands of connections may be open: until its first byte a connection holds no leased memory, and when the [memory] is
 * out, it waits, however long. A client that goes silent within its stream keeps what it has; so many of
 * them that nothing is left make the others wait until some of them go on or go.
 */
internal class CoroutineService(
    private val memory: ServiceMemory,
    private val onRefusal: (Refusal) -> Unit = {},
) : MeasurementService {
    private val listener = ServerSocketChannel.open().bind(
        InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        MeasurementService.BACKLOG,
    )
    private val loops = EventLoops("measurements")
    private val conversation = CoroutineConversation(memory)
    private val meter = LongAdder()
    private val open = AtomicInteger()
    private val most = LongAccumulator(::maxOf, 0)
    private val connections = CoroutineScope(SupervisorJob() + CoroutineName("measurements"))

    override val port: Int = (listener.localAddress as InetSocketAddress).port

    override val rows: Long get() = meter.sum()

    init {
        val _ = connections.launch(loops[0]) { acceptAll() }
    }

    /** What this has done with its memory so far. */
    fun figures(): MemoryFigures = MemoryFigures.of(memory, most.get(), conversation.waits)

    override fun total(): String = conversation.total()

    override fun close() {
        runBlocking { connections.coroutineContext.job.cancelAndJoin() }
        listener.close()
        loops.close()
        conversation.close()
    }

    private suspend fun acceptAll() {
        var accepted = 0
        val gate = loops[0].watch(listener)
        while (true) {
            try {
                val channel = listener.accept()
                if (channel == null) gate.await(SelectionKey.OP_ACCEPT) else start(channel, loops[accepted++])
            } catch (failure: IOException) {
                onRefusal(Refusal("a connection could not be accepted: $failure", delivered = false))
                delay(ACCEPT_PAUSE) // Out of file handles, most likely: let some connections end.
            }
        }
    }

    private fun start(channel: SocketChannel, loop: EventLoop) {
        val wire = try {
            Wire(channel.setOption(StandardSocketOptions.SO_SNDBUF, SEND_BUFFER), loop)
        } catch (failure: IOException) {
            channel.close()
            throw failure
        }
        most.accumulate(open.incrementAndGet().toLong())
        val connection = connections.launch(loop) { converse(wire) }
        // Not within the coroutine: one that is cancelled before it has begun never runs.
        val _ = connection.invokeOnCompletion {
            wire.close()
            val _ = open.decrementAndGet()
        }
    }

    private suspend fun converse(wire: Wire) {
        try {
            conversation.serve(wire, meter)
        } catch (refused: LineRefusedException) {
            onRefusal(Refusals.tell(wire, refused))
        } catch (cancelled: CancellationException) {
            throw cancelled
        } catch (failure: Exception) {
            // Whatever goes wrong here is this connection's affair; the others do not notice.
            onRefusal(Refusal("failed: $failure", delivered = false))
        }
    }

    private companion object {
        val ACCEPT_PAUSE = 50.milliseconds

        /** What the system may keep of an answer that the client does not read: memory too, for thousands of them. */
        const val SEND_BUFFER = 4 * 1024
    }
}
