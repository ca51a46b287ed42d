package dev.leasehold.samples.service

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.coroutines.SuspendingMemoryScope
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.read
import dev.leasehold.memory.coroutines.writeAll
import dev.leasehold.memory.setUtf8
import kotlinx.coroutines.withTimeoutOrNull
import java.io.IOException
import java.net.StandardSocketOptions
import java.nio.ByteBuffer
import java.nio.channels.AsynchronousSocketChannel
import java.util.concurrent.atomic.LongAdder
import kotlin.time.Duration.Companion.seconds

/**
 * One client's connection, served by one coroutine.
 *
 * ```
 * connected, nothing sent yet    holds no leased memory
 * first byte                     waits for 64 KiB, reads into it and parses there
 * too many stations for that     waits for a large table
 * answered, refused, lost        the scope gives all of it back
 * ```
 *
 * While it waits for memory it reads nothing, and so TCP makes its client wait, too.
 */
internal class Connection(
    private val channel: AsynchronousSocketChannel,
    private val memory: ServiceMemory,
    private val rows: LongAdder,
    private val onAnswered: (StationTable) -> Unit,
) {
    private val parser = LineParser()

    /** How many bytes at the start of the buffer belong to a line whose end has not come yet. */
    private var pending = 0L

    /**
     * Reads the stream to its end and answers it.
     *
     * @throws LineRefusedException at a line that cannot be taken
     * @throws IOException when the client cannot be answered
     */
    suspend fun serve() {
        // What the system keeps of an answer that its client does not read is memory, too.
        channel.setOption(StandardSocketOptions.SO_SNDBUF, SEND_BUFFER)
        val first = awaitFirstByte()
        memoryScope(memory.connections, "connection") {
            val lease = rent(ServiceMemory.CONNECTION)
            lease.withSegment { begin(it, first) }
            val table = readAll(lease)
            table.withSegment { onAnswered(ServiceMemory.table(it)) }
            answer(lease, table.withSegment { ServiceMemory.table(it).stations() })
        }
    }

    /** One byte on the heap is enough to wait with, so that a silent client costs no leased memory. */
    private suspend fun awaitFirstByte(): Byte? {
        val one = ByteBuffer.allocate(1)
        return if (channel.await { channel.read(one, Unit, it) } < 0) null else one.get(0)
    }

    private fun begin(lease: Segment, first: Byte?) {
        ServiceMemory.table(lease).clear()
        if (first == null) return
        lease.setByte(ServiceMemory.BUFFER, first)
        pending = 1
    }

    /**
     * Reads up to the end, and returns the lease with the table: [lease] itself or, after many stations, a large one.
     */
    private suspend fun SuspendingMemoryScope.readAll(lease: SharedLease): SharedLease {
        var table = lease
        try {
            var read = 0
            while (read >= 0) {
                if (!takeLines(lease, table)) {
                    table = memory.largeTables.rent(ServiceMemory.LARGE_TABLE).also { moveTable(lease, it) }
                    takeLines(lease, table)
                }
                read = channel.read(lease, ServiceMemory.BUFFER + pending)
                pending += maxOf(read, 0)
            }
        } catch (lost: IOException) {
            parser.refuse("cut off by a lost connection: ${lost.message}", lost)
        }
        if (pending > 0) parser.refuse("cut off after $pending bytes: the stream ended before the line did")
        return table
    }

    /** Takes the whole lines in the buffer, and returns false when the table has no room for one of them. */
    private fun takeLines(lease: SharedLease, table: SharedLease): Boolean = lease.withSegment { bytes ->
        val buffer = ServiceMemory.buffer(bytes)
        val before = parser.lines
        try {
            val taken = table.withSegment { parser.parse(buffer.slice(0, pending), ServiceMemory.table(it)) }
            pending -= taken
            if (taken > 0) buffer.copyTo(buffer, 0, taken, pending)
        } finally {
            rows.add(parser.lines - before)
        }
        !parser.needsRoom
    }

    private fun moveTable(from: SharedLease, to: SharedLease): Unit = to.withSegment { large ->
        ServiceMemory.table(large).clear()
        check(from.withSegment { ServiceMemory.table(large).addAll(ServiceMemory.table(it)) })
    }

    /** Writes the answer in pieces of what was the read buffer, which nothing is read into any more. */
    private suspend fun answer(lease: SharedLease, stations: List<Station>) {
        val text = sequence {
            yield("{")
            stations.forEachIndexed { i, station -> yield(if (i == 0) "$station" else ", $station") }
            yield("}\n")
        }.iterator()
        while (text.hasNext()) {
            val length = lease.withSegment { put(text, ServiceMemory.buffer(it)) }
            channel.writeAll(lease, ServiceMemory.BUFFER, length)
        }
    }

    private fun put(text: Iterator<String>, buffer: Segment): Long {
        var length = 0L
        while (text.hasNext() && length < buffer.size - LONGEST_ENTRY) length += buffer.setUtf8(length, text.next())
        return length
    }

    /**
     * Sends `ERROR` and the reason of a refusal, and drops what the client still sends: the system resets a connection
     * that is closed with unread bytes, and the client would lose the answer. Ends with the client, or when that is
     * silent for five seconds. The leases have ended before.
     */
    suspend fun refuse(refused: LineRefusedException) {
        val text = ByteBuffer.wrap("ERROR ${refused.message}\n".toByteArray())
        try {
            while (text.hasRemaining()) channel.await { channel.write(text, Unit, it) }
            channel.shutdownOutput()
            do {
                val read = withTimeoutOrNull(5.seconds) { drop() }
            } while (read != null && read >= 0)
        } catch (_: IOException) {
            // The client has gone, so there is no one to answer.
        }
    }

    private suspend fun drop(): Int = channel.await { channel.read(dropped.duplicate(), Unit, it) }

    private companion object {
        const val SEND_BUFFER = 16 * 1024

        /** More than a station's name and figures take, in bytes. */
        const val LONGEST_ENTRY = 160

        /** Where all that is dropped goes, of all connections at once: it is never looked at. */
        val dropped: ByteBuffer = ByteBuffer.allocateDirect(64 * 1024)
    }
}
