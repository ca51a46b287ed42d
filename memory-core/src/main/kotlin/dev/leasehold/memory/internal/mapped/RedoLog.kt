package dev.leasehold.memory.internal.mapped

/**
 * Lets several words change together, whatever happens: all of them are written here first, then how many they are, and
 * only then each in its place. The count is the commit. Who finds one that is not 0 in the log of a dead session stores
 * all of the words again, which does no harm however often it is done.
 *
 * One thread at a time, under a lock that keeps others from the words.
 *
 * @param lane where the log lies in the file
 */
internal open class RedoLog(private val words: FileWords, private val lane: Long) {
    /** Makes [changes], new values by their offsets, as one. */
    open fun commit(changes: Map<Long, Long>) {
        check(changes.size <= MOST) { "${changes.size} words do not fit into the log" }
        var at = lane + FileLayout.LANE_FIRST
        for ((offset, value) in changes) {
            words.set(at, offset)
            words.set(at + Long.SIZE_BYTES, value)
            at += 2 * Long.SIZE_BYTES
        }
        words.set(lane + FileLayout.LANE_COUNT, changes.size.toLong())
        for ((offset, value) in changes) words.set(offset, value)
        words.set(lane + FileLayout.LANE_COUNT, 0)
    }

    /** The changes that were committed and perhaps not made. */
    fun changes(): Map<Long, Long> {
        val count = words.get(lane + FileLayout.LANE_COUNT).toInt()
        return (0 until count).associate { words.get(entry(lane, it)) to words.get(entry(lane, it) + Long.SIZE_BYTES) }
    }

    /** Makes the changes that were committed and perhaps not made; returns their offsets. */
    fun replay(): LongArray {
        val count = words.get(lane + FileLayout.LANE_COUNT).toInt()
        val offsets = LongArray(count) { words.get(entry(lane, it)) }
        for (index in offsets.indices) words.set(offsets[index], words.get(entry(lane, index) + Long.SIZE_BYTES))
        if (count != 0) words.set(lane + FileLayout.LANE_COUNT, 0)
        return offsets
    }

    companion object {
        private const val ENTRY = 2L * Long.SIZE_BYTES

        /** Where the entry [index] of the log at [lane] is. */
        fun entry(lane: Long, index: Int): Long = lane + FileLayout.LANE_FIRST + index * ENTRY

        /** The most words of one change. */
        const val MOST: Int = ((FileLayout.LANE - FileLayout.LANE_FIRST) / ENTRY).toInt()
    }
}
