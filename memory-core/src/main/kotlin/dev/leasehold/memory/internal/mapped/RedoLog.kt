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

    /** Makes the changes that were committed and perhaps not made; returns their offsets. */
    fun replay(): LongArray {
        val offsets = offsets()
        for (index in offsets.indices) words.set(offsets[index], words.get(entry(index) + Long.SIZE_BYTES))
        if (offsets.isNotEmpty()) words.set(lane + FileLayout.LANE_COUNT, 0)
        return offsets
    }

    /** How many words were committed and perhaps not stored. */
    val count: Long get() = words.get(lane + FileLayout.LANE_COUNT)

    /** Their offsets. */
    fun offsets(): LongArray = LongArray(count.toInt()) { words.get(entry(it)) }

    private fun entry(index: Int) = lane + FileLayout.LANE_FIRST + index * ENTRY

    companion object {
        private const val ENTRY = 2L * Long.SIZE_BYTES

        /** The most words of one change. */
        const val MOST: Int = ((FileLayout.LANE - FileLayout.LANE_FIRST) / ENTRY).toInt()
    }
}
