package dev.leasehold.samples.service

import dev.leasehold.memory.Segment
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.getUtf8

/** One station's figures, in tenths of a degree, as text: `name=min/mean/max`. */
class Station(val name: String, private val min: Int, private val mean: Int, private val max: Int) {
    override fun toString(): String = "$name=${min / 10.0}/${mean / 10.0}/${max / 10.0}"
}

/**
 * The stations of one stream and their figures, all of it in leased memory: a hash table of record offsets (0 is free),
 * and the records behind it.
 *
 * ```
 * | stations 4 | end 4 | slot 4 | slot 4 | … | record | record | … | free |
 * record: | hash 4 | name length 4 | sum 8 | count 8 | min 4 | max 4 | name, filled up to a multiple of 8 |
 * ```
 *
 * This is a view without any state of its own: one can be made of the same bytes again after each suspension. It owns
 * nothing.
 */
@JvmInline
value class StationTable(private val bytes: Segment) {
    /** How many stations there are. */
    val count: Int get() = bytes.getInt(COUNT)

    private val mask: Int get() = (bytes.size / BYTES_A_SLOT).takeHighestOneBit().toInt() - 1

    private val firstRecord: Long get() = SLOTS + (mask + 1L) * Int.SIZE_BYTES

    /** Makes it empty, whatever is in the memory. */
    fun clear() {
        bytes.slice(0, firstRecord).zero()
        bytes.setInt(END, firstRecord.toInt())
    }

    /** The record of the name of [length] bytes at [at] of [source], or [NONE]. */
    fun find(source: Segment, at: Long, length: Int, hash: Int): Long {
        var slot = hash and mask
        while (true) {
            val record = bytes.getInt(SLOTS + slot * 4L).toLong()
            if (record == NONE || hasName(record, source, at, length)) return record
            slot = (slot + 1) and mask
        }
    }

    /** A record without measurements for a name that has none yet, or [NONE] when there is no room. */
    fun insert(source: Segment, at: Long, length: Int, hash: Int): Long {
        val record = bytes.getInt(END).toLong()
        val end = record + sizeFor(length)
        if (end > bytes.size || 2 * count > mask) return NONE
        bytes.slice(record, end - record).zero()
        bytes.setInt(record + HASH, hash)
        bytes.setInt(record + LENGTH, length)
        bytes.setInt(record + MIN, Int.MAX_VALUE)
        bytes.setInt(record + MAX, Int.MIN_VALUE)
        source.copyTo(bytes, record + NAME, at, length.toLong())
        bytes.setInt(COUNT, count + 1)
        bytes.setInt(END, end.toInt())
        occupySlot(record, hash)
        return record
    }

    /** Adds one measurement to a record. */
    fun add(record: Long, tenths: Int): Unit = add(record, tenths.toLong(), 1, tenths, tenths)

    /** Adds all the figures of [other], and returns false when there was no room for some of them. */
    fun addAll(other: StationTable): Boolean {
        val source = other.bytes
        var from = other.firstRecord
        repeat(other.count) {
            val length = source.getInt(from + LENGTH)
            val hash = source.getInt(from + HASH)
            var record = find(source, from + NAME, length, hash)
            if (record == NONE) record = insert(source, from + NAME, length, hash)
            if (record == NONE) return false
            val (min, max) = source.getInt(from + MIN) to source.getInt(from + MAX)
            add(record, source.getLong(from + SUM), source.getLong(from + MEASUREMENTS), min, max)
            from += sizeFor(length)
        }
        return true
    }

    /** All stations with their figures, sorted by name as strings are. */
    fun stations(): List<Station> {
        var record = firstRecord
        val stations = List(count) { stationAt(record).also { record += sizeFor(bytes.getInt(record + LENGTH)) } }
        return stations.sortedBy { it.name }
    }

    private fun stationAt(record: Long): Station {
        val count = bytes.getLong(record + MEASUREMENTS)
        // Half a tenth is rounded up, also below zero.
        val mean = Math.floorDiv(2 * bytes.getLong(record + SUM) + count, 2 * count).toInt()
        val name = bytes.getUtf8(record + NAME, bytes.getInt(record + LENGTH).toLong())
        return Station(name, bytes.getInt(record + MIN), mean, bytes.getInt(record + MAX))
    }

    private fun add(record: Long, sum: Long, count: Long, min: Int, max: Int) {
        bytes.setLong(record + SUM, bytes.getLong(record + SUM) + sum)
        bytes.setLong(record + MEASUREMENTS, bytes.getLong(record + MEASUREMENTS) + count)
        if (min < bytes.getInt(record + MIN)) bytes.setInt(record + MIN, min)
        if (max > bytes.getInt(record + MAX)) bytes.setInt(record + MAX, max)
    }

    private fun hasName(record: Long, source: Segment, at: Long, length: Int): Boolean {
        if (bytes.getInt(record + LENGTH) != length) return false
        for (i in 0L..<length) if (bytes.getByte(record + NAME + i) != source.getByte(at + i)) return false
        return true
    }

    private fun occupySlot(record: Long, hash: Int) {
        var slot = hash and mask
        while (bytes.getInt(SLOTS + slot * 4L) != 0) slot = (slot + 1) and mask
        bytes.setInt(SLOTS + slot * 4L, record.toInt())
    }

    companion object {
        /** No record has this offset. */
        const val NONE = 0L

        private const val COUNT = 0L
        private const val END = 4L
        private const val SLOTS = 8L
        private const val BYTES_A_SLOT = 32

        private const val HASH = 0L
        private const val LENGTH = 4L
        private const val SUM = 8L
        private const val MEASUREMENTS = 16L
        private const val MIN = 24L
        private const val MAX = 28L
        private const val NAME = 32L

        private fun sizeFor(length: Int): Long = NAME + ((length + 7) and 7.inv())
    }
}
