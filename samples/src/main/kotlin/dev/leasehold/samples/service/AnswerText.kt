package dev.leasehold.samples.service

import dev.leasehold.memory.Segment
import java.nio.ByteBuffer

/**
 * The line `{name=min/mean/max, ...}`, sorted by name, one decimal each, the mean rounded half up, and a line feed: made
 * piece by piece in whatever room there is, so that neither who waits for the reader nor who blocks needs room for all of
 * it.
 */
internal class AnswerText(table: StationTable, private val sorted: SortedStations) {
    private val records: Segment = table.bytes
    private var next = 0

    /** Whether all of it has been put. */
    var isDone: Boolean = false
        private set

    /** Puts the next piece into [out], which holds [ROOM] bytes at the least, and makes it ready to be read. */
    fun fill(out: ByteBuffer) {
        val _ = out.clear()
        if (next == 0) put(out, '{')
        while (next < sorted.count && out.remaining() >= ROOM) {
            if (next > 0) put(put(out, ','), ' ')
            putStation(out, sorted.record(next++))
        }
        isDone = next == sorted.count
        if (isDone) put(put(out, '}'), '\n')
        val _ = out.flip()
    }

    private fun putStation(out: ByteBuffer, record: Long) {
        for (i in 0L until StationRecord.nameLength(records, record)) {
            val _ = out.put(records.getByte(record + StationRecord.NAME + i))
        }
        put(out, '=')
        putTenths(out, StationRecord.min(records, record))
        put(out, '/')
        putTenths(out, Rounding.mean(StationRecord.sum(records, record), StationRecord.count(records, record)))
        put(out, '/')
        putTenths(out, StationRecord.max(records, record))
    }

    private fun putTenths(out: ByteBuffer, tenths: Int) {
        val size = if (tenths < 0) -tenths else tenths
        if (tenths < 0) put(out, '-')
        if (size >= 100) put(out, '0' + size / 100)
        put(put(put(out, '0' + size / 10 % 10), '.'), '0' + size % 10)
    }

    @IgnorableReturnValue
    private fun put(out: ByteBuffer, char: Char): ByteBuffer = out.put(char.code.toByte())

    companion object {
        /** More than a station's entry with both brackets and the end of the line takes. */
        const val ROOM: Int = 160
    }
}
