package dev.leasehold.samples.service

import dev.leasehold.memory.KiB
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.read
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.coroutines.writeAll
import dev.leasehold.memory.toByteArray
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.channels.AsynchronousSocketChannel

/** The clients of one run. All connect to [port] at the same time, and send from leases of [buffers]. */
class Clients(private val port: Int, private val buffers: SuspendingPool) {
    /** Sends all of [rows], and returns what each client was answered. */
    suspend fun send(rows: Rows): List<String> = coroutineScope {
        List(rows.clients) { client -> async { send(rows.open(client)) } }.awaitAll()
    }

    /**
     * Sends what comes from [source] through a connection of its own.
     *
     * @return the answer of the service, a result or an error, without its line end
     * @throws IOException when the service goes away without an answer
     */
    suspend fun send(source: RowSource): String = AsynchronousSocketChannel.open().use { channel ->
        channel.await { channel.connect(InetSocketAddress(InetAddress.getLoopbackAddress(), port), Unit, it) }
        buffers.withLease(CHUNK) { lease ->
            try {
                sendAll(channel, source, lease)
            } catch (_: IOException) {
                // The service has refused a line, and has most likely said which. If not, the reading fails, too.
            }
            readAnswer(channel, lease)
        }
    }

    private suspend fun sendAll(channel: AsynchronousSocketChannel, source: RowSource, lease: SharedLease) {
        while (true) {
            val length = lease.withSegment { source.fill(it) }
            if (length == 0L) break
            channel.writeAll(lease, 0, length)
        }
        channel.shutdownOutput()
    }

    private suspend fun readAnswer(channel: AsynchronousSocketChannel, lease: SharedLease): String {
        val answer = ByteArrayOutputStream()
        while (true) {
            val read = channel.read(lease)
            if (read < 0) break
            answer.write(lease.withSegment { it.slice(0, read.toLong()).toByteArray() })
        }
        val text = answer.toString(Charsets.UTF_8)
        if (!text.endsWith('\n')) throw IOException("the service closed the connection without a whole answer")
        return text.trimEnd('\n')
    }

    private companion object {
        val CHUNK = 64.KiB
    }
}

/**
 * The same answers by the shortest way on the heap, strings in a `HashMap`: what those of the service are checked
 * against.
 */
class HeapCheck {
    private class Figures {
        var min = Int.MAX_VALUE
        var max = Int.MIN_VALUE
        var sum = 0L
        var count = 0L

        fun add(min: Int, max: Int, sum: Long, count: Long) {
            this.min = minOf(this.min, min)
            this.max = maxOf(this.max, max)
            this.sum += sum
            this.count += count
        }
    }

    private val stations = HashMap<String, Figures>()
    private var rest = ByteArray(0)

    /** Adds all lines of [source], which are well-formed; [buffer] is what it is read with. */
    fun addAll(source: RowSource, buffer: Segment) {
        while (true) {
            val length = source.fill(buffer)
            if (length == 0L) return
            val bytes = rest + buffer.slice(0, length).toByteArray()
            val end = bytes.lastIndexOf(LineFormat.END) + 1
            String(bytes, 0, end).splitToSequence('\n').filter { it.isNotEmpty() }.forEach(::add)
            rest = bytes.copyOfRange(end, bytes.size)
        }
    }

    /** Adds all that [other] has. */
    fun addAll(other: HeapCheck) {
        for ((name, figures) in other.stations) {
            stations.getOrPut(name, ::Figures).add(figures.min, figures.max, figures.sum, figures.count)
        }
    }

    private fun add(line: String) {
        val separator = line.indexOf(';')
        val tenths = Math.round(line.substring(separator + 1).toDouble() * 10).toInt()
        stations.getOrPut(line.substring(0, separator), ::Figures).add(tenths, tenths, tenths.toLong(), 1)
    }

    /** `{name=min/mean/max, …}`, sorted by name. */
    fun answer(): String = stations.toSortedMap().entries.joinToString(", ", "{", "}") { (name, figures) ->
        val mean = Math.round(figures.sum.toDouble() / figures.count)
        "$name=${figures.min / 10.0}/${mean / 10.0}/${figures.max / 10.0}"
    }
}
