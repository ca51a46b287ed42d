package dev.leasehold.samples.service

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.dsl.memoryScope
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.SocketChannel
import java.util.concurrent.atomic.LongAdder

/**
 * Serves a connection from leased memory: the socket reads into a lease, the parser reads the lease, the figures live
 * in leases, and the answer is written into one. On the heap there is a handful of small objects a connection, and
 * nothing a line.
 *
 * All leases belong to the connection's thread and, through its scope, end before [serve] returns, however it returns.
 */
internal class LeasedConversation(
    private val pool: MemoryPool,
    private val bufferSize: Long = BUFFER_SIZE,
) : Conversation {
    private val totals = Totals(pool)

    init {
        require(bufferSize >= MIN_BUFFER_SIZE) {
            "a buffer of $bufferSize bytes is too small: give it $MIN_BUFFER_SIZE"
        }
    }

    override fun serve(channel: SocketChannel, rows: LongAdder) {
        try {
            memoryScope(pool, "connection") {
                val buffer = pool.rent(bufferSize)
                val table = checkNotNull(StationTable.on(Ground.own(pool)))
                defer { table.close() }
                serve(channel, buffer, table, rows)
            }
        } catch (exhausted: MemoryExhaustedException) {
            throw LineRefusedException(
                1,
                "the service has no memory left for this connection; try again later",
                exhausted,
            )
        }
    }

    private fun serve(channel: SocketChannel, buffer: Lease, table: StationTable, rows: LongAdder) {
        val parser = LineParser(table)
        try {
            readAll(channel, buffer, parser, rows)
        } catch (lost: IOException) {
            throw parser.refusal("cut off by a lost connection: ${lost.message}", lost)
        } catch (exhausted: MemoryExhaustedException) {
            throw parser.refusal("the service has no memory left for another station; try again later", exhausted)
        }
        totals.add(table)
        AnswerWriter(channel, buffer.asByteBuffer()).write(table, pool)
    }

    private fun readAll(channel: SocketChannel, buffer: Lease, parser: LineParser, rows: LongAdder) {
        val room = buffer.size - LineParser.SLACK
        val bytes = buffer.asByteBuffer().limit(room.toInt())
        var kept = 0L
        while (channel.read(bytes) >= 0) {
            val before = parser.lines
            try {
                kept = keepRest(buffer, parser.parse(buffer.segment, 0, bytes.position().toLong()), bytes)
            } finally {
                rows.add(parser.lines - before)
            }
        }
        if (kept > 0) throw parser.refusal(LineDiagnosis.cutOff(kept))
    }

    /** Moves the line that is not whole yet to the front, so that the next read goes on behind it. */
    private fun keepRest(buffer: Lease, from: Long, bytes: ByteBuffer): Long {
        val kept = bytes.position() - from
        if (from > 0) buffer.segment.copyTo(buffer.segment, 0, from, kept)
        val _ = bytes.position(kept.toInt())
        return kept
    }

    override fun total(): String = totals.answer()

    override fun close(): Unit = totals.close()

    companion object {
        /** Large enough that a read costs little per line, small enough to stay in a core's own cache. */
        const val BUFFER_SIZE: Long = 256L * 1024

        /** Room for a line with what the parser may look at behind it, and for a few stations of the answer. */
        const val MIN_BUFFER_SIZE: Long = 512
    }
}
