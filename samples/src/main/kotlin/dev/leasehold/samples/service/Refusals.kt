package dev.leasehold.samples.service

import kotlinx.coroutines.withTimeoutOrNull
import java.io.IOException
import java.net.SocketTimeoutException
import java.nio.ByteBuffer
import java.nio.channels.SocketChannel
import kotlin.time.Duration.Companion.milliseconds

/**
 * What the service tells its operator about a stream that it did not take.
 *
 * @property reason what the client was told, or would have been
 * @property delivered whether the client could still be reached
 */
internal data class Refusal(val reason: String, val delivered: Boolean)

/**
 * Brings a refusal to the client that earned it: sends `ERROR ...`, then reads and drops what the client still sends,
 * until it has done or is silent for five seconds. The connection's leases have ended before.
 */
internal object Refusals {
    private const val SILENCE_MILLIS = 5_000
    private const val DROPPED_AT_ONCE = 64 * 1024

    /** Where all that is dropped goes, from all connections at once: nobody reads it. */
    private val sink = ByteBuffer.allocateDirect(DROPPED_AT_ONCE)

    /** Tells it from a thread that may block. */
    fun tell(channel: SocketChannel, refused: LineRefusedException): Refusal = try {
        val answer = text(refused)
        while (answer.hasRemaining()) {
            val _ = channel.write(answer)
        }
        val _ = channel.shutdownOutput()
        drain(channel)
        Refusal(refused.message.orEmpty(), delivered = true)
    } catch (_: SocketTimeoutException) {
        Refusal(refused.message.orEmpty(), delivered = true)
    } catch (gone: IOException) {
        undelivered(refused, gone)
    }

    /** Tells it from a coroutine. */
    suspend fun tell(wire: Wire, refused: LineRefusedException): Refusal = try {
        wire.write(text(refused))
        wire.shutdownOutput()
        drain(wire)
        Refusal(refused.message.orEmpty(), delivered = true)
    } catch (gone: IOException) {
        undelivered(refused, gone)
    }

    private fun text(refused: LineRefusedException): ByteBuffer =
        ByteBuffer.wrap("ERROR ${refused.message.orEmpty()}\n".toByteArray())

    private fun undelivered(refused: LineRefusedException, gone: IOException) =
        Refusal("${refused.message.orEmpty()} (the client is gone: ${gone.message})", delivered = false)

    private fun drain(channel: SocketChannel) {
        val dropped = ByteArray(DROPPED_AT_ONCE)
        val socket = channel.socket()
        socket.soTimeout = SILENCE_MILLIS
        var open = true
        while (open) open = socket.getInputStream().read(dropped) >= 0
    }

    private suspend fun drain(wire: Wire) {
        val dropped = sink.duplicate()
        var open = true
        while (open) {
            val read = withTimeoutOrNull(SILENCE_MILLIS.milliseconds) { wire.read(dropped.clear()) }
            open = read != null && read >= 0
        }
    }
}
