package dev.leasehold.memory.internal.engine

/**
 * How equal chunks lie in their region.
 *
 * @property blockSize how many bytes a chunk has for its holder
 * @property stride how far apart the chunks lie, in bytes
 * @property count how many there are
 */
internal class FixedShape private constructor(
    val blockSize: Long,
    val stride: Long,
    val count: Int,
    private val pageSize: Long,
) {
    /** How many bytes the region has: whole pages. */
    val regionBytes: Long = roundUp(Math.multiplyExact(stride, count.toLong()), pageSize)

    /** Where the pages that lie whole between [from] and [until] begin, and how many bytes they have. */
    fun wholePages(from: Long, until: Long): Pair<Long, Long> {
        val start = roundUp(from, pageSize)
        return start to maxOf(0, (until and -pageSize) - start)
    }

    /** Where the step of a discard begins that ends at [until], in a run of chunks that begins at [start]. */
    fun stepBefore(until: Long, start: Long): Long = maxOf(start, (until - DISCARD_STEP) and -pageSize)

    /** How many chunks may wait in quarantine where [bytes] and [blocks] may: few enough that rents still find some. */
    fun quarantined(bytes: Long, blocks: Int): Int =
        if (count < FEWEST_FOR_EPOCHS) 0 else minOf(blocks.toLong(), bytes / stride, count / QUARANTINED_PART).toInt()

    companion object {
        // A small pool must get a closed chunk back at once; a large one may let an eighth of them wait for an epoch.
        private const val FEWEST_FOR_EPOCHS = 64
        private const val QUARANTINED_PART = 8L

        // The system takes some hundred microseconds for it.
        private const val DISCARD_STEP = 1L shl 20

        /** [count] chunks of [blockSize] bytes at multiples of [alignment]; null when a long cannot count them. */
        fun of(blockSize: Long, count: Int, alignment: Long, pageSize: Long): FixedShape? = try {
            FixedShape(blockSize, roundUp(blockSize, alignment), count, pageSize)
        } catch (_: ArithmeticException) {
            null
        }

        private fun roundUp(value: Long, unit: Long): Long = Math.addExact(value, unit - 1) and -unit
    }
}
