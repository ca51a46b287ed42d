package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.rentShared
import java.io.IOException

/**
 * What a client was answered, a result or an error, still off the heap: thousands of answers as strings would outweigh
 * what the service does there. Whoever is handed it closes it.
 */
internal class Answer(private val lease: SharedLease, private val length: Long) : AutoCloseable {
    /** The answer without its line feed. */
    fun text(): String = lease.segment.getUtf8(0, length)

    override fun close(): Unit = lease.close()
}

/**
 * One client: sends all of a [RowSource] from leased memory, [chunk] bytes at a time, then reads the answer. Whether
 * threads or coroutines serve it, the client is the same.
 *
 * @param slowness makes it a slow one, which is slow at sending or, as a [slowReader], at reading its answer
 */
internal class MeasurementClient(
    private val pool: MemoryPool,
    private val chunk: Long,
    private val slowness: Slowness? = null,
    private val slowReader: Boolean = false,
) {
    /**
     * The service's answer; calls [begun] as soon as something has been sent.
     *
     * @throws IOException when the service goes away without an answer
     */
    suspend fun talk(wire: Wire, source: RowSource, begun: () -> Unit): Answer {
        pool.rentShared(chunk).use { buffer -> send(wire, source, buffer, begun) }
        return readAnswer(wire)
    }

    private suspend fun send(wire: Wire, source: RowSource, buffer: SharedLease, begun: () -> Unit) {
        val bytes = buffer.asByteBuffer()
        try {
            while (true) {
                val length = source.fill(buffer.segment).toInt()
                if (length == 0) break
                val _ = bytes.clear().limit(length)
                if (slowness != null && !slowReader) slowness.write(wire, bytes, begun) else wire.write(bytes)
                begun()
            }
            wire.shutdownOutput()
        } catch (refused: IOException) {
            // The service has had enough of us, and most likely has said why: the answer is what counts. Without one,
            // the reading below fails likewise.
            if (!wire.isConnected) throw refused
        } finally {
            begun()
        }
    }

    private suspend fun readAnswer(wire: Wire): Answer {
        var answer = pool.rentShared(chunk)
        var complete = false
        try {
            var length = 0L
            while (true) {
                if (length == answer.size) answer = grow(answer)
                val room = answer.asByteBuffer().position(length.toInt())
                val read = if (slowness != null && slowReader) slowness.read(wire, room) else wire.read(room)
                if (read < 0) break
                length += read
            }
            complete = length > 0 && answer.segment.getByte(length - 1) == LineFormat.END
            if (!complete) throw IOException("the service closed the connection without a whole answer")
            return Answer(answer, length - 1)
        } finally {
            if (!complete) answer.close()
        }
    }

    private fun grow(answer: SharedLease): SharedLease {
        val larger = pool.rentShared(answer.size * 2)
        answer.segment.copyTo(larger.segment)
        answer.close()
        return larger
    }
}
