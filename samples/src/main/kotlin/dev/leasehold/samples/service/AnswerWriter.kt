package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import java.nio.ByteBuffer
import java.nio.channels.WritableByteChannel

/**
 * Writes the line `{name=min/mean/max, ...}`, sorted by name, one decimal each, the mean rounded half up. Text is put
 * together in [out], which must hold a few records, and goes to [channel] whenever that is full.
 */
internal class AnswerWriter(private val channel: WritableByteChannel, private val out: ByteBuffer) {
    /** Writes the answer for [table], and a line feed; the order of the names is worked out in memory of [pool]. */
    fun write(table: StationTable, pool: MemoryPool) {
        put(out.clear(), '{')
        SortedStations(table, pool).use { sorted ->
            for (i in 0 until sorted.count) {
                if (i > 0) put(put(out, ','), ' ')
                writeStation(table.bytes, sorted.record(i))
                if (out.remaining() < ROOM) flush()
            }
        }
        put(put(out, '}'), '\n')
        flush()
    }

    private fun writeStation(records: Segment, record: Long) {
        for (i in 0L until StationRecord.nameLength(records, record)) {
            val _ = out.put(records.getByte(record + StationRecord.NAME + i))
        }
        put(out, '=')
        putTenths(StationRecord.min(records, record))
        put(out, '/')
        putTenths(Rounding.mean(StationRecord.sum(records, record), StationRecord.count(records, record)))
        put(out, '/')
        putTenths(StationRecord.max(records, record))
    }

    private fun putTenths(tenths: Int) {
        val size = if (tenths < 0) -tenths else tenths
        if (tenths < 0) put(out, '-')
        if (size >= 100) put(out, '0' + size / 100)
        put(put(put(out, '0' + size / 10 % 10), '.'), '0' + size % 10)
    }

    private fun flush() {
        val _ = out.flip()
        while (out.hasRemaining()) {
            val _ = channel.write(out)
        }
        val _ = out.clear()
    }

    @IgnorableReturnValue
    private fun put(out: ByteBuffer, char: Char): ByteBuffer = out.put(char.code.toByte())

    companion object {
        /** More than a station's entry and the end of the line take. */
        const val ROOM: Int = 160
    }
}
