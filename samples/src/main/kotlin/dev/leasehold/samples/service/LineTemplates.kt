package dev.leasehold.samples.service

import dev.leasehold.memory.ByteOrder
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.rentShared

/**
 * All that a line can be made of, written out beforehand in leased memory, so that making a line is a few word-wide
 * copies and the clients do not take from the service the processor time that is to be measured.
 *
 * For each station: length of `name;` and mean temperature (4 bytes each), then `name;`. Behind the stations, for each
 * temperature one word: up to six bytes of text with the line feed, and its length in the highest byte.
 *
 * The lease is a shared one: the main thread prepares it before the clock runs, a client's thread uses it.
 */
internal class LineTemplates(stations: List<String>, pool: MemoryPool) : AutoCloseable {
    private val count = stations.size
    private val temperatures = count * STRIDE
    private val lease = pool.rentShared(temperatures + TEMPERATURES * Long.SIZE_BYTES)
    private val bytes: Segment = lease.segment

    init {
        val random = SplitMix(MEANS_SEED)
        stations.forEachIndexed { i, name -> writeStation(i * STRIDE, name, random) }
        for (tenths in -LineFormat.MAX_TENTHS..LineFormat.MAX_TENTHS) writeTemperature(tenths)
    }

    /**
     * Writes a line for the random word [random] at [at] of [target], with [LineFormat.MAX_LINE] + 8 bytes to spare
     * there.
     */
    fun write(target: Segment, at: Long, random: Long): Long {
        val station = (((random ushr 32) * count) ushr 32) * STRIDE
        val length = bytes.getInt(station).toLong()
        var offset = 0L
        while (offset < length) {
            target.setLong(at + offset, bytes.getLong(station + NAME + offset))
            offset += Long.SIZE_BYTES
        }
        val word = bytes.getLong(temperatureAt(tenths(bytes.getInt(station + MEAN), random.toInt())))
        target.setLong(at + length, word, ByteOrder.LITTLE_ENDIAN)
        return length + (word ushr LENGTH_SHIFT)
    }

    override fun close(): Unit = lease.close()

    /**
     * About [mean], in a bell: the number of ones in [random] spreads by 2.8 about 16. One line in 256 is anything at
     * all, so that the extremes occur too.
     */
    private fun tenths(mean: Int, random: Int): Int {
        if (random ushr 24 == 0) return (random and 0xFFFF) % (2 * LineFormat.MAX_TENTHS + 1) - LineFormat.MAX_TENTHS
        val spread = (random.countOneBits() - 16) * STEP + random % STEP
        return (mean + spread).coerceIn(-LineFormat.MAX_TENTHS, LineFormat.MAX_TENTHS)
    }

    private fun temperatureAt(tenths: Int): Long = temperatures + (tenths + LineFormat.MAX_TENTHS) * 8L

    private fun writeStation(at: Long, name: String, random: SplitMix) {
        val text = "$name;".toByteArray()
        bytes.setInt(at, text.size)
        bytes.setInt(at + MEAN, random.below(MEANS) - COLDEST)
        bytes.copyFrom(text, offset = at + NAME)
    }

    private fun writeTemperature(tenths: Int) {
        val text = "${tenths / 10.0}\n".toByteArray()
        var word = text.size.toLong() shl LENGTH_SHIFT
        text.forEachIndexed { i, byte -> word = word or (byte.toLong() shl (i * 8)) }
        bytes.setLong(temperatureAt(tenths), word, ByteOrder.LITTLE_ENDIAN)
    }

    private companion object {
        const val MEAN = 4L
        const val NAME = 8L

        /** A name of 100 bytes and its separator, and the two figures, in whole words. */
        const val STRIDE = 112L
        const val TEMPERATURES = 2L * LineFormat.MAX_TENTHS + 1
        const val LENGTH_SHIFT = 56
        const val STEP = 25
        const val MEANS = 500
        const val COLDEST = 150
        const val MEANS_SEED = 0x5EEDL
    }
}
