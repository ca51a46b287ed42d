package dev.leasehold.samples.service

import dev.leasehold.memory.Segment
import dev.leasehold.memory.copyTo
import kotlinx.coroutines.yield
import java.io.IOException
import java.nio.ByteBuffer
import java.util.concurrent.atomic.LongAdder

/**
 * One client's stream in the memory of its connection: read into the buffer, parsed where it lies, added up in the
 * table.
 *
 * **Ownership.** Owns nothing; its memory, [ground] and what [largeTable] answers, outlives it.
 * **Threads.** Any, one at a time: the coroutine's.
 */
internal class CoroutineStream(
    private val wire: Wire,
    ground: Segment,
    private val rows: LongAdder,
    private val largeTable: suspend () -> Segment,
) {
    private val buffer = GroundPlan.buffer(ground)
    private val bytes: ByteBuffer = buffer.slice(0, buffer.size - LineParser.SLACK).asByteBuffer()
    private var order = GroundPlan.order(buffer)
    private val parser: LineParser

    /** The figures so far. */
    val table: StationTable = StationTable(GroundPlan.slots(ground), GroundPlan.records(ground))

    init {
        parser = LineParser(table)
    }

    /**
     * Reads up to the end.
     *
     * @throws LineRefusedException at a line that cannot be taken
     */
    suspend fun readAll() {
        try {
            var reads = 0
            while (wire.read(bytes) >= 0) {
                takeLines()
                if (++reads % READS_A_TURN == 0) yield()
            }
        } catch (lost: IOException) {
            throw parser.refusal("cut off by a lost connection: ${lost.message}", lost)
        }
        if (bytes.position() > 0) throw parser.refusal(LineDiagnosis.cutOff(bytes.position().toLong()))
    }

    /** Writes the answer, in pieces that fit into what was the read buffer. */
    suspend fun answer() {
        val text = AnswerText(table, SortedStations(table, order))
        val out = GroundPlan.answer(buffer).asByteBuffer()
        while (!text.isDone) {
            text.fill(out)
            wire.write(out)
        }
    }

    private suspend fun takeLines() {
        takeWhatFits()
        if (!table.isFull) return
        growTable()
        takeWhatFits()
    }

    private fun takeWhatFits() {
        val before = parser.lines
        try {
            keepFrom(parser.parse(buffer, 0, bytes.position().toLong()))
        } finally {
            rows.add(parser.lines - before)
        }
    }

    /** Moves what has not been taken to the front, so that the next read goes on behind it. */
    private fun keepFrom(from: Long) {
        val kept = bytes.position() - from
        if (from > 0) buffer.copyTo(buffer, 0, from, kept)
        val _ = bytes.position(kept.toInt())
    }

    private suspend fun growTable() {
        val large = largeTable()
        table.move(GroundPlan.largeSlots(large), GroundPlan.largeRecords(large))
        order = GroundPlan.largeOrder(large)
    }

    private companion object {
        /** After so many reads in a row, other connections have their turn: some 400 KiB. */
        const val READS_A_TURN = 16
    }
}
