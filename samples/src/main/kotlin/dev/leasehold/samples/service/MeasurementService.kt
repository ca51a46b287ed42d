package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
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
 * A measurement service on the loopback interface.
 *
 * **Protocol.** A client connects, streams lines (see `LineFormat`) and closes its output. The service answers with
 * one line and closes: the sorted `{name=min/mean/max, ...}` over that stream, or, as soon as a line cannot be taken,
 * `ERROR line <number>: <reason>`. After an error it reads on and drops what it reads, because a connection
 * that is closed with unread bytes is reset, and the client would lose the answer.
 *
 * A client that is connected and silent keeps its thread and its buffer until it goes, or the service is closed.
 *
 * **Ownership.** Whoever starts it closes it.
 * **Threads.** One for each connection, from the factory given; a connection's memory belongs to its thread.
 */
public class MeasurementService internal constructor(
    private val conversation: Conversation,
    private val threads: ThreadFactory = platformThreads(),
    private val onRefusal: (Refusal) -> Unit = {},
) : AutoCloseable {
    private val listener = ServerSocketChannel.open().bind(
        InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        BACKLOG,
    )
    private val connections = ConcurrentHashMap<SocketChannel, Thread>()
    private val meter = LongAdder()

    /** The port that it listens on, chosen by the system. */
    public val port: Int = (listener.localAddress as InetSocketAddress).port

    /** How many lines have been taken over all connections. */
    public val rows: Long get() = meter.sum()

    private val acceptor = Thread.ofPlatform().name("measurements-accept").start(::acceptAll)

    /** The answer over all the streams that were answered so far. */
    public fun total(): String = conversation.total()

    /** Stops: no new connections, the open ones are cut, and all memory has been given back when this returns. */
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

    public companion object {
        private const val BACKLOG = 1024
        private const val ACCEPT_PAUSE_MILLIS = 50L

        /** Starts a service whose connections rent from [pool]. The pool stays the caller's. */
        @JvmStatic
        public fun start(pool: MemoryPool): MeasurementService = MeasurementService(LeasedConversation(pool))

        internal fun platformThreads(): ThreadFactory = Thread.ofPlatform().name("measurements-", 1).factory()

        internal fun virtualThreads(): ThreadFactory = Thread.ofVirtual().name("measurements-", 1).factory()
    }
}
