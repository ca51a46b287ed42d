package dev.leasehold.samples.service

import java.io.IOException
import java.net.SocketTimeoutException
import java.nio.ByteBuffer
import java.nio.channels.SocketChannel

/**
 * What the service tells its operator about a stream that it did not take.
 *
 * @property reason what the client was told, or would have been
 * @property delivered whether the client could still be reached
 */
internal data class Refusal(val reason: String, val delivered: Boolean)

/** Brings a refusal to the client that earned it. */
internal object Refusals {
    private const val SILENCE_MILLIS = 5_000
    private const val DROPPED_AT_ONCE = 64 * 1024

    /**
     * Sends `ERROR ...`, then reads and drops what the client still sends, until it has done or is silent for five
     * seconds. The connection's leases have ended before.
     */
    fun tell(channel: SocketChannel, refused: LineRefusedException): Refusal {
        val reason = refused.message.orEmpty()
        return try {
            val answer = ByteBuffer.wrap("ERROR $reason\n".toByteArray())
            while (answer.hasRemaining()) {
                val _ = channel.write(answer)
            }
            val _ = channel.shutdownOutput()
            drain(channel)
            Refusal(reason, delivered = true)
        } catch (_: SocketTimeoutException) {
            Refusal(reason, delivered = true)
        } catch (gone: IOException) {
            Refusal("$reason (the client is gone: ${gone.message})", delivered = false)
        }
    }

    private fun drain(channel: SocketChannel) {
        val dropped = ByteArray(DROPPED_AT_ONCE)
        val socket = channel.socket()
        socket.soTimeout = SILENCE_MILLIS
        var open = true
        while (open) open = socket.getInputStream().read(dropped) >= 0
    }
}
