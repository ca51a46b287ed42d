package dev.leasehold.samples.service

import java.io.IOException
import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.channels.ClosedChannelException
import java.nio.channels.ServerSocketChannel
import java.nio.channels.SocketChannel
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ThreadFactory
import java.util.concurrent.atomic.LongAdder

/**
 * The service with a thread for each connection, from the factory given; a connection's memory belongs to its thread.
 *
 * A client that is connected and silent keeps its thread and its buffer until it goes, or the service is closed. When
 * memory runs out, connections are refused: nobody waits.
 */
internal class ThreadedService(
    private val conversation: Conversation,
    private val threads: ThreadFactory = platformThreads(),
    private val onRefusal: (Refusal) -> Unit = {},
) : MeasurementService {
    private val listener = ServerSocketChannel.open().bind(
        InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        MeasurementService.BACKLOG,
    )
    private val connections = ConcurrentHashMap<SocketChannel, Thread>()
    private val meter = LongAdder()

    override val port: Int = (listener.localAddress as InetSocketAddress).port

    override val rows: Long get() = meter.sum()

    private val acceptor = Thread.ofPlatform().name("measurements-accept").start(::acceptAll)

    override fun total(): String = conversation.total()

    override fun close() {
        listener.close()
        acceptor.join()
        connections.forEach { (channel, thread) ->
            channel.close()
            thread.join()
        }
        conversation.close()
    }

    private fun acceptAll() {
        while (true) {
            val channel = try {
                listener.accept()
            } catch (_: ClosedChannelException) {
                return // close() ends the service this way.
            } catch (failure: IOException) {
                onRefusal(Refusal("a connection could not be accepted: $failure", delivered = false))
                Thread.sleep(ACCEPT_PAUSE_MILLIS) // Out of file handles, most likely: let some connections end.
                continue
            }
            val thread = threads.newThread { converse(channel) }
            connections[channel] = thread
            thread.start()
        }
    }

    private fun converse(channel: SocketChannel) {
        try {
            conversation.serve(channel, meter)
        } catch (refused: LineRefusedException) {
            onRefusal(Refusals.tell(channel, refused))
        } catch (failure: Exception) {
            // Whatever goes wrong here is this connection's affair; the others do not notice.
            onRefusal(Refusal("failed: $failure", delivered = false))
        } finally {
            val _ = connections.remove(channel)
            channel.close()
        }
    }

    companion object {
        private const val ACCEPT_PAUSE_MILLIS = 50L

        fun platformThreads(): ThreadFactory = Thread.ofPlatform().name("measurements-", 1).factory()

        fun virtualThreads(): ThreadFactory = Thread.ofVirtual().name("measurements-", 1).factory()
    }
}
