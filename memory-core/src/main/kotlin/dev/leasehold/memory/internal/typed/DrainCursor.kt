package dev.leasehold.memory.internal.typed

/**
 * Where a drain is in the claimed slots of its round: in which chunk, and which slots of that. For the thread whose
 * turn it is.
 *
 * @param first how many slots the first chunk of a set has; those of both sets lie one behind the other
 */
internal class DrainCursor(private val first: Int) {
    private val firstShift = Integer.numberOfTrailingZeros(first)
    private var parity = 0
    private var done = 0
    private var total = 0

    /** The last word of the round. */
    var word: Long = 0
        private set

    /** The chunk of the part, at its place in a table of both sets. */
    var chunk: Int = 0
        private set

    /** The first slot of the part in its chunk. */
    var from: Int = 0
        private set

    /** The first slot of the chunk that is not of the part any more. */
    var until: Int = 0
        private set

    /** Begins with the [claimed] slots of the round of [word]. */
    fun begin(word: Long, claimed: Int) {
        this.word = word
        parity = parityOf(word)
        done = 0
        total = claimed
        from = 0
        until = 0
    }

    /** Whether no part follows the one that it is at. */
    val isDone: Boolean get() = done == total

    /** The index in its set of the [slot] of the part. */
    fun indexOf(slot: Int): Int = done - until + slot

    /** Goes to the next part; false when there is none. */
    fun advance(): Boolean {
        if (done == total) {
            until = from
            return false
        }
        val number = chunkOf(done, firstShift)
        val start = if (number == 0) 0 else startOf(number, first)
        val end = if (number == 0) first else 2 * start
        val shift = if (number == 0) first * parity else -start
        val last = minOf(total, end, done + MOST_IN_PART)
        chunk = placeOf(number, parity)
        from = done + shift
        until = last + shift
        done = last
        return true
    }

    private companion object {
        /** Few enough that what was waited for is still in the cache when it is given to the action. */
        private const val MOST_IN_PART = 1024
    }
}

/** Where chunk [number] of the set [parity] is in a table. */
internal fun placeOf(number: Int, parity: Int): Int = 2 * number + parity

/** The number of the chunk of [index]. For an index without a slot it is one that the level does not have. */
internal fun chunkOf(index: Int, firstShift: Int): Int = 32 - Integer.numberOfLeadingZeros(index ushr firstShift)

/** The index of the first slot of chunk [number], from 1 on, if the first has [first]; also how many slots it has. */
internal fun startOf(number: Int, first: Int): Int = first shl (number - 1)
