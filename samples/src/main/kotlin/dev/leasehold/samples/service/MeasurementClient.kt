package dev.leasehold.samples.service

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.rent
import java.io.IOException
import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.channels.SocketChannel

/** One client: sends all of a [RowSource] from leased memory, then reads the answer. */
internal class MeasurementClient(private val port: Int, private val pool: MemoryPool) {
    /**
     * The service's answer, a result or an error, without its line feed.
     *
     * @throws IOException when the service goes away without an answer
     */
    fun send(source: RowSource): String =
        SocketChannel.open(InetSocketAddress(InetAddress.getLoopbackAddress(), port)).use {
            pool.rent(CHUNK).use { buffer -> send(it, source, buffer) }
            readAnswer(it)
        }

    private fun send(channel: SocketChannel, source: RowSource, buffer: Lease) {
        val bytes = buffer.asByteBuffer()
        try {
            while (true) {
                val length = source.fill(buffer.segment).toInt()
                if (length == 0) break
                val _ = bytes.clear().limit(length)
                while (bytes.hasRemaining()) {
                    val _ = channel.write(bytes)
                }
            }
            val _ = channel.shutdownOutput()
        } catch (refused: IOException) {
            // The service has had enough of us, and most likely has said why: the answer is what counts. Without one,
            // the reading below fails likewise.
            if (!channel.isConnected) throw refused
        }
    }

    private fun readAnswer(channel: SocketChannel): String {
        var answer = pool.rent(CHUNK)
        try {
            var length = 0L
            while (true) {
                if (length == answer.size) answer = grow(answer)
                val read = channel.read(answer.asByteBuffer().position(length.toInt()))
                if (read < 0) return text(answer, length)
                length += read
            }
        } finally {
            answer.close()
        }
    }

    private fun grow(answer: Lease): Lease {
        val larger = pool.rent(answer.size * 2)
        answer.segment.copyTo(larger.segment)
        answer.close()
        return larger
    }

    private fun text(answer: Lease, length: Long): String {
        if (length == 0L || answer.segment.getByte(length - 1) != LineFormat.END) {
            throw IOException("the service closed the connection without a whole answer")
        }
        return answer.segment.getUtf8(0, length - 1)
    }

    private companion object {
        const val CHUNK = 256L * 1024
    }
}
