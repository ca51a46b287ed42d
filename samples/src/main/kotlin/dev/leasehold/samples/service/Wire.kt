package dev.leasehold.samples.service

import java.net.SocketAddress
import java.nio.ByteBuffer
import java.nio.channels.SelectionKey
import java.nio.channels.SocketChannel

/**
 * A connection whose waiting suspends. Cancellation ends a wait at once; reading and writing themselves do not wait, so
 * when a function here returns or throws, nothing uses its buffer any more.
 *
 * **Ownership.** Owns its channel; [close] closes it.
 * **Threads.** For one coroutine that runs on [loop]. Who wants to end a connection cancels its coroutine.
 */
internal class Wire(private val channel: SocketChannel, private val loop: EventLoop) : AutoCloseable {
    private val gate = loop.watch(channel)

    /** Whether it has been connected, and not been closed. */
    val isConnected: Boolean get() = channel.isConnected

    /** Waits until there is something to read, the end included. Needs no buffer. */
    suspend fun awaitBytes(): Unit = gate.await(SelectionKey.OP_READ)

    /** Reads what there is into [bytes], which has room, and waits while there is nothing; -1 at the end. */
    suspend fun read(bytes: ByteBuffer): Int {
        while (true) {
            val read = channel.read(bytes)
            if (read != 0) return read
            awaitBytes()
        }
    }

    /** Writes all of [bytes]; waits while the other side does not read. */
    suspend fun write(bytes: ByteBuffer) {
        while (bytes.hasRemaining()) {
            if (channel.write(bytes) == 0) gate.await(SelectionKey.OP_WRITE)
        }
    }

    /** Tells the other side that this was all. */
    fun shutdownOutput() {
        val _ = channel.shutdownOutput()
    }

    override fun close() {
        channel.close()
        loop.wake()
    }

    private suspend fun connect(address: SocketAddress) {
        if (channel.connect(address)) return
        do gate.await(SelectionKey.OP_CONNECT) while (!channel.finishConnect())
    }

    companion object {
        /** Connects to [address], on [loop]; [receiveBuffer] bounds what the system takes in ahead of the reader, 0 leaves it. */
        suspend fun connect(address: SocketAddress, loop: EventLoop, receiveBuffer: Int = 0): Wire {
            val channel = SocketChannel.open()
            try {
                if (receiveBuffer > 0) channel.socket().receiveBufferSize = receiveBuffer
                return Wire(channel, loop).also { it.connect(address) }
            } catch (failure: Throwable) {
                channel.close()
                loop.wake()
                throw failure
            }
        }
    }
}
