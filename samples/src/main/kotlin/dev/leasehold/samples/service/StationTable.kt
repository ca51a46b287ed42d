package dev.leasehold.samples.service

import dev.leasehold.memory.Segment
import dev.leasehold.memory.copyTo

/**
 * The stations of one stream and their figures, all of it off the heap: an open-addressing hash table of 8-byte
 * slots, and the [StationRecord]s that they point to. A slot holds the upper half of the name's hash and the record's
 * place, so that a wrong candidate is nearly always dismissed without a look at its record.
 *
 * **Ownership.** The table owns its plots; [close] gives them back. Growing takes a larger one from the [Ground], copies,
 * and closes the smaller. Where the ground has none, the table [isFull] until it is given one to [move] to.
 * **Threads.** As the [Ground] it stands on; one at a time.
 * **Cost.** Adding a measurement allocates nothing.
 */
internal class StationTable(
    private var slotPlot: Plot,
    private var recordPlot: Plot,
    private val maxStations: Int = LineFormat.MAX_STATIONS,
    private val ground: Ground = Ground.None,
) : AutoCloseable {
    // Beside their plots, because the hot path should take one step to the bytes.
    private var slots: Segment = slotPlot.segment
    private var records: Segment = recordPlot.segment
    private var mask = slots.size / SLOT - 1
    private var end = 0L

    /** How many stations there are. */
    var count: Int = 0
        private set

    /** Whether the last station was not taken because the table has to grow and its ground had no room at once. */
    var isFull: Boolean = false
        private set

    init {
        slots.zero()
    }

    /** The records, for readers: [count] of them, one behind the other. */
    val bytes: Segment get() = records

    /** The offset of the record behind the one at [record]; the first is at 0. */
    fun next(record: Long): Long = record + StationRecord.sizeFor(StationRecord.nameLength(records, record))

    /**
     * Takes one measurement. The name lies at [nameAt] of [source], with 7 readable bytes behind it.
     *
     * @return false, and nothing has changed, when the name is new and either no name at all, or one too many, or the
     *   table [isFull]
     */
    fun add(source: Segment, nameAt: Long, nameLength: Int, hash: Long, tenths: Int): Boolean {
        val record = findOrInsert(source, nameAt, nameLength, hash)
        if (record < 0) return false
        StationRecord.add(records, record, tenths.toLong(), 1, tenths, tenths)
        return true
    }

    /**
     * Takes all the figures of [other].
     *
     * @return false when there were more stations than the table or its ground holds; those that fit have been taken
     */
    fun addAll(other: StationTable): Boolean {
        val source = other.bytes
        var complete = true
        var at = 0L
        repeat(other.count) {
            val length = StationRecord.nameLength(source, at)
            val record = findOrInsert(source, at + StationRecord.NAME, length, StationRecord.hash(source, at))
            if (record < 0) complete = false else merge(source, at, record)
            at = other.next(at)
        }
        return complete
    }

    private fun merge(source: Segment, at: Long, record: Long): Unit = StationRecord.add(
        records,
        record,
        StationRecord.sum(source, at),
        StationRecord.count(source, at),
        StationRecord.min(source, at),
        StationRecord.max(source, at),
    )

    /** Goes on in larger plots, which are the table's from here on. */
    fun move(slots: Plot, records: Plot) {
        takeRecords(records)
        takeSlots(slots)
        isFull = false
    }

    override fun close() {
        try {
            slotPlot.close()
        } finally {
            recordPlot.close()
        }
    }

    private fun findOrInsert(source: Segment, nameAt: Long, nameLength: Int, hash: Long): Long {
        var slot = hash and mask
        while (true) {
            val entry = slots.getLong(slot * SLOT)
            if (entry == EMPTY) return insert(source, nameAt, nameLength, hash)
            if ((entry xor hash) ushr PLACE_BITS == 0L) {
                val record = recordOf(entry)
                if (StationRecord.hasName(records, record, source, nameAt, nameLength)) return record
            }
            slot = (slot + 1) and mask
        }
    }

    private fun insert(source: Segment, nameAt: Long, nameLength: Int, hash: Long): Long {
        if (count == maxStations || !isName(source, nameAt, nameLength)) return -1
        if (end + StationRecord.MAX_SIZE > records.size && !growRecords()) return -1
        if ((count + 1) * 2L > mask && !growSlots()) return -1
        val record = end
        StationRecord.write(records, record, source, nameAt, nameLength, hash)
        end += StationRecord.sizeFor(nameLength)
        count++
        enter(record, hash)
        return record
    }

    /** A line feed means that the parser, looking for a separator, has run into the next line. */
    private fun isName(source: Segment, nameAt: Long, nameLength: Int): Boolean {
        for (i in 0L until nameLength) if (source.getByte(nameAt + i) == LineFormat.END) return false
        return Utf8Check.isUtf8(source, nameAt, nameLength)
    }

    private fun enter(record: Long, hash: Long) {
        var slot = hash and mask
        while (slots.getLong(slot * SLOT) != EMPTY) slot = (slot + 1) and mask
        slots.setLong(slot * SLOT, (hash and PLACE_MASK.inv()) or (record / RECORD_ALIGNMENT + 1))
    }

    private fun recordOf(entry: Long): Long = ((entry and PLACE_MASK) - 1) * RECORD_ALIGNMENT

    private fun growRecords(): Boolean {
        val larger = ground.rent(records.size * 2)
        if (larger != null) takeRecords(larger)
        isFull = larger == null
        return !isFull
    }

    private fun growSlots(): Boolean {
        val larger = ground.rent(slots.size * 2)
        if (larger != null) takeSlots(larger)
        isFull = larger == null
        return !isFull
    }

    private fun takeRecords(larger: Plot) {
        records.copyTo(larger.segment, length = end)
        recordPlot.close()
        recordPlot = larger
        records = larger.segment
    }

    private fun takeSlots(larger: Plot) {
        slotPlot.close()
        slotPlot = larger
        slots = larger.segment
        slots.zero()
        mask = slots.size / SLOT - 1
        enterAll()
    }

    private fun enterAll() {
        var record = 0L
        repeat(count) {
            enter(record, StationRecord.hash(records, record))
            record = next(record)
        }
    }

    companion object {
        private const val SLOT = 8L
        private const val EMPTY = 0L
        private const val FIRST_SLOTS = 1024L
        private const val FIRST_RECORDS = 32L * 1024
        private const val RECORD_ALIGNMENT = 8L
        private const val PLACE_BITS = 32
        private const val PLACE_MASK = (1L shl PLACE_BITS) - 1

        /** A table that begins small on [ground] and grows there; null when that has no room for even this. */
        fun on(ground: Ground, maxStations: Int = LineFormat.MAX_STATIONS): StationTable? {
            val slots = ground.rent(FIRST_SLOTS * SLOT) ?: return null
            val records = try {
                ground.rent(FIRST_RECORDS)
            } catch (failure: RuntimeException) {
                slots.close()
                throw failure
            }
            if (records != null) return StationTable(slots, records, maxStations, ground)
            slots.close()
            return null
        }
    }
}
