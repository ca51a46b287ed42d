package dev.leasehold.benchmarks.service

import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.channels.ClosedChannelException
import java.nio.channels.ServerSocketChannel
import java.nio.channels.SocketChannel
import java.util.concurrent.ConcurrentHashMap

/**
 * A service with a platform thread for each connection, on which [serve] reads the stream to its end and answers it.
 */
internal class ThreadedService(private val serve: (SocketChannel) -> Unit) : AutoCloseable {
    private val listener = ServerSocketChannel.open().bind(InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
    private val connections = ConcurrentHashMap<SocketChannel, Thread>()
    private val acceptor = Thread.ofPlatform().unstarted(::acceptAll)

    val port: Int = (listener.localAddress as InetSocketAddress).port

    init {
        acceptor.start()
    }

    override fun close() {
        listener.close()
        acceptor.join()
        connections.forEach { (channel, thread) ->
            channel.close()
            thread.join()
        }
    }

    private fun acceptAll() {
        try {
            while (true) {
                val channel = listener.accept()
                val thread = Thread.ofPlatform().unstarted { channel.use(serve).also { connections.remove(channel) } }
                connections[channel] = thread
                thread.start()
            }
        } catch (_: ClosedChannelException) {
            // This is how close() ends it.
        }
    }
}
