package dev.leasehold.samples.service

import dev.leasehold.memory.Segment

/**
 * The stations of a [StationTable] by name: the records' offsets in [order], sorted by heapsort, which needs no memory
 * beside them and has no bad case that a client could send.
 *
 * **Ownership.** Owns nothing: [order] has the [sizeFor] the table and lives as long as this. The table must not change
 * meanwhile.
 */
internal class SortedStations(table: StationTable, private val order: Segment) {
    /** How many stations there are. */
    val count: Int = table.count

    private val records: Segment = table.bytes

    init {
        var record = 0L
        for (i in 0 until count) {
            set(i, record)
            record = table.next(record)
        }
        sort()
    }

    /** The offset of the record at [index] in the order of names. */
    fun record(index: Int): Long = order.getInt(index * Int.SIZE_BYTES.toLong()).toLong()

    private fun set(index: Int, record: Long): Unit = order.setInt(index * Int.SIZE_BYTES.toLong(), record.toInt())

    private fun sort() {
        for (root in count / 2 - 1 downTo 0) sink(root, count)
        for (last in count - 1 downTo 1) {
            val largest = record(0)
            set(0, record(last))
            set(last, largest)
            sink(0, last)
        }
    }

    private fun sink(from: Int, size: Int) {
        var parent = from
        while (true) {
            val left = 2 * parent + 1
            if (left >= size) return
            val child = if (left + 1 < size && isBefore(record(left), record(left + 1))) left + 1 else left
            if (!isBefore(record(parent), record(child))) return
            val up = record(child)
            set(child, record(parent))
            set(parent, up)
            parent = child
        }
    }

    private fun isBefore(left: Long, right: Long): Boolean = NameBytes.compare(
        records,
        left + StationRecord.NAME,
        StationRecord.nameLength(records, left),
        right + StationRecord.NAME,
        StationRecord.nameLength(records, right),
    ) < 0

    companion object {
        /** How many bytes the order of the stations of [table] takes. */
        fun sizeFor(table: StationTable): Long = table.count * Int.SIZE_BYTES.toLong()
    }
}
