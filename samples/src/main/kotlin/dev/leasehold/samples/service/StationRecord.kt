package dev.leasehold.samples.service

import dev.leasehold.memory.Segment
import dev.leasehold.memory.copyTo

/**
 * One station's figures and name as they lie off the heap, at an offset that is a multiple of 8.
 *
 * | offset | bytes | |
 * |---|---|---|
 * | 0 | 8 | hash of the name |
 * | 8 | 8 | sum, in tenths of a degree |
 * | 16 | 8 | count |
 * | 24 | 4 | minimum, in tenths |
 * | 28 | 4 | maximum, in tenths |
 * | 32 | 8 | length of the name in bytes |
 * | 40 | 0 to 104 | the name, filled up with zeros to a multiple of 8 |
 */
internal object StationRecord {
    private const val HASH = 0L
    private const val SUM = 8L
    private const val COUNT = 16L
    private const val MIN = 24L
    private const val MAX = 28L
    private const val LENGTH = 32L
    const val NAME: Long = 40L

    /** The largest record, in bytes. */
    const val MAX_SIZE: Long = NAME + LineFormat.MAX_NAME + Long.SIZE_BYTES - 1

    /** How many bytes a record takes whose name takes [nameLength]. */
    fun sizeFor(nameLength: Int): Long = NAME + ((nameLength + 7) and 7.inv())

    fun hash(records: Segment, at: Long): Long = records.getLong(at + HASH)

    fun sum(records: Segment, at: Long): Long = records.getLong(at + SUM)

    fun count(records: Segment, at: Long): Long = records.getLong(at + COUNT)

    fun min(records: Segment, at: Long): Int = records.getInt(at + MIN)

    fun max(records: Segment, at: Long): Int = records.getInt(at + MAX)

    fun nameLength(records: Segment, at: Long): Int = records.getLong(at + LENGTH).toInt()

    /** Writes a record of no measurements for the name at [nameAt] of [source]. */
    fun write(records: Segment, at: Long, source: Segment, nameAt: Long, nameLength: Int, hash: Long) {
        records.slice(at, sizeFor(nameLength)).zero()
        records.setLong(at + HASH, hash)
        records.setInt(at + MIN, Int.MAX_VALUE)
        records.setInt(at + MAX, Int.MIN_VALUE)
        records.setLong(at + LENGTH, nameLength.toLong())
        source.copyTo(records, at + NAME, nameAt, nameLength.toLong())
    }

    /** Whether the record's name is the one at [nameAt] of [source]; reads up to 7 bytes past it. */
    fun hasName(records: Segment, at: Long, source: Segment, nameAt: Long, nameLength: Int): Boolean {
        if (records.getLong(at + LENGTH) != nameLength.toLong()) return false
        val whole = (nameLength and 7.inv()).toLong()
        var offset = 0L
        while (offset < whole) {
            if (NameBytes.word(records, at + NAME + offset) != NameBytes.word(source, nameAt + offset)) return false
            offset += Long.SIZE_BYTES
        }
        val rest = nameLength and 7
        if (rest == 0) return true
        return NameBytes.word(records, at + NAME + offset) ==
            NameBytes.first(rest, NameBytes.word(source, nameAt + offset))
    }

    /** Takes figures into the record: one measurement's, or another record's. */
    fun add(records: Segment, at: Long, sum: Long, count: Long, min: Int, max: Int) {
        records.setLong(at + SUM, records.getLong(at + SUM) + sum)
        records.setLong(at + COUNT, records.getLong(at + COUNT) + count)
        if (min < records.getInt(at + MIN)) records.setInt(at + MIN, min)
        if (max > records.getInt(at + MAX)) records.setInt(at + MAX, max)
    }
}
