package dev.leasehold.memory.coroutines.support

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.ByteBuffer
import java.nio.channels.AsynchronousServerSocketChannel
import java.nio.channels.AsynchronousSocketChannel
import kotlin.time.Duration.Companion.minutes

/** Writes [bytes] without a lease. */
internal fun AsynchronousSocketChannel.send(bytes: ByteArray) {
    val buffer = ByteBuffer.wrap(bytes)
    while (buffer.hasRemaining()) write(buffer).get()
}

/** Runs [action] with the two ends of a connection, on all threads and not for ever. */
internal suspend fun connected(
    action: suspend CoroutineScope.(near: AsynchronousSocketChannel, far: AsynchronousSocketChannel) -> Unit,
) = withContext(Dispatchers.Default) {
    withTimeout(3.minutes) {
        AsynchronousServerSocketChannel.open().use { server ->
            server.bind(InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            val accepted = server.accept()
            AsynchronousSocketChannel.open().use { near ->
                near.connect(server.localAddress).get()
                accepted.get().use { far -> action(near, far) }
            }
        }
    }
}
