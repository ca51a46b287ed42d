package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.platform.WaitEnd
import java.util.concurrent.atomic.AtomicLongArray

/**
 * How the waits of one line have ended, and how long they were. A wait is counted once, at its end, which allocates
 * nothing. Any thread.
 *
 * There is one number for each end and each power of two of nanoseconds: so one addition counts both, and the sums over
 * either are the same whenever they are read.
 */
internal class WaitCounts {
    private val numbers = AtomicLongArray(LONGEST + 1)

    /** A wait of [nanos] nanoseconds has come to its [end]. */
    fun count(end: WaitEnd, nanos: Long) {
        numbers.getAndIncrement(end.ordinal * CLASSES + classOf(nanos))
        numbers.getAndAdd(TOTAL, nanos)
        while (true) {
            val longest = numbers[LONGEST]
            if (nanos <= longest || numbers.compareAndSet(LONGEST, longest, nanos)) return
        }
    }

    /** How many there were of each end, by the class of their length: [CLASSES] for each, in the order of [WaitEnd]. */
    fun counts(): LongArray = LongArray(ENDS * CLASSES) { numbers[it] }

    /** How long all were together, in nanoseconds. */
    val total: Long get() = numbers[TOTAL]

    /** How long the longest was, in nanoseconds. */
    val longest: Long get() = numbers[LONGEST]

    companion object {
        /** The bound of the first class is two to this, some microsecond; that of the last but one is some minute. */
        private const val SHORTEST_BITS = 10
        private const val LONGEST_BITS = 36

        /** How many classes of lengths there are: each has twice the bound of the one before, and the last has none. */
        const val CLASSES: Int = LONGEST_BITS - SHORTEST_BITS + 2

        private val ENDS = WaitEnd.entries.size
        private val TOTAL = ENDS * CLASSES
        private val LONGEST = TOTAL + 1

        private fun classOf(nanos: Long): Int =
            (Long.SIZE_BITS - nanos.countLeadingZeroBits() - SHORTEST_BITS).coerceIn(0, CLASSES - 1)

        /** The number of nanoseconds that the waits of a class are shorter than. */
        fun boundOf(index: Int): Long = if (index == CLASSES - 1) Long.MAX_VALUE else 1L shl SHORTEST_BITS + index
    }
}
