package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.rent
import java.nio.ByteBuffer
import java.nio.channels.WritableByteChannel

/** Writes an [AnswerText] to [channel], which blocks; the text is put together in [out]. */
internal class AnswerWriter(private val channel: WritableByteChannel, private val out: ByteBuffer) {
    /** Writes the answer for [table]; the order of the names is worked out in memory of [pool]. */
    fun write(table: StationTable, pool: MemoryPool): Unit = pool.rent(SortedStations.sizeFor(table)).use { order ->
        val text = AnswerText(table, SortedStations(table, order.segment))
        while (!text.isDone) {
            text.fill(out)
            while (out.hasRemaining()) {
                val _ = channel.write(out)
            }
        }
    }
}
