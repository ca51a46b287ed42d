package dev.leasehold.memory.internal.mapped

/**
 * Lets several words change together, whatever happens: all of them are written here first, then how many they are, and
 * only then each in its place. The count is the commit. Who finds one that is not 0 in the log of a dead session stores
 * all of the words again, which does no harm however often it is done.
 *
 * One thread at a time, under a lock that keeps others from the words.
 *
 * @property lane where the log lies in the file
 * @property most how many words it has room for
 */
internal open class RedoLog(protected val words: FileWords, val lane: Long, val most: Int = MOST) {
    /** How many words were added. */
    var count: Int = 0
        private set

    /** Forgets what was added and not committed. */
    open fun begin() {
        count = 0
    }

    /** Adds the word at [offset], which is to become [value]. */
    open fun add(offset: Long, value: Long) {
        val at = entry(count++)
        words.set(at, offset)
        words.set(at + Long.SIZE_BYTES, value)
    }

    /** Says that what the block at [place] has is changed by logs from now on, and by nothing else. */
    open fun addStructure(place: Place): Unit = Unit

    /** Says that the word at [offset], which was added, is one of the block at [place], and not of a structure. */
    open fun addInBlock(offset: Long, place: Place): Unit = Unit

    /** Makes all that was added as one. */
    open fun commit() {
        words.set(lane, count.toLong())
        apply(count)
        words.set(lane, 0)
        count = 0
    }

    /** Makes [changes], new values by their offsets, as one. */
    fun commit(changes: Map<Long, Long>) {
        check(changes.size <= MOST) { "${changes.size} words do not fit into the log" }
        begin()
        for ((offset, value) in changes) add(offset, value)
        commit()
    }

    private fun apply(count: Int) {
        for (index in 0 until count) words.set(words.get(entry(index)), words.get(entry(index) + Long.SIZE_BYTES))
    }

    /** The changes that were committed and perhaps not made. */
    fun changes(): Map<Long, Long> = (0 until committed.toInt()).associate {
        words.get(entry(it)) to words.get(entry(it) + Long.SIZE_BYTES)
    }

    /** How many words were committed and perhaps not stored. */
    val committed: Long get() = words.get(lane)

    /** Makes the changes that were committed and perhaps not made; returns their offsets. */
    fun replay(): LongArray {
        val offsets = LongArray(committed.toInt()) { words.get(entry(it)) }
        apply(offsets.size)
        if (offsets.isNotEmpty()) words.set(lane, 0)
        return offsets
    }

    /** Where the entry [index] is. */
    fun entry(index: Int): Long = lane + FileLayout.LANE_FIRST + index * ENTRY

    internal companion object {
        private const val ENTRY = 2L * Long.SIZE_BYTES

        /** The most words of one change in the log of links. */
        const val MOST: Int = ((FileLayout.LINK_LANE - FileLayout.LANE_FIRST) / ENTRY).toInt()

        /** The most words of one change in another. */
        const val MOST_IN_SMALL: Int = ((FileLayout.SMALL_LANE - FileLayout.LANE_FIRST) / ENTRY).toInt()

        /** All logs of the session [number]. */
        fun allOf(number: Int, words: FileWords, layout: FileLayout): List<RedoLog> =
            listOf(RedoLog(words, layout.lane(number))) +
                List(FileLayout.SMALL_LANES) { RedoLog(words, layout.smallLane(number, it), MOST_IN_SMALL) } +
                RedoLog(words, layout.journalLane(number), MOST_IN_SMALL)
    }
}
