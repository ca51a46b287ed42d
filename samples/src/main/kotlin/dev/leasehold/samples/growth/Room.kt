package dev.leasehold.samples.growth

/** How large the buffer may become on this machine. */
internal object Room {
    /** What the process should leave to itself and to the others. */
    private val RESERVE = 128 * Sizes.MEBIBYTE

    /** What the managers keep idle for the next block. */
    private val SLACK = 16 * Sizes.MEBIBYTE

    /** The first size, and each next twice the one before, up to [top]. */
    fun sizes(top: Long): List<Long> =
        generateSequence(Sizes.MEBIBYTE) { if (it < top) minOf(2 * it, top) else null }.toList()

    /** What the way that needs more holds at its last step: the old block and the new one. */
    fun needed(sizes: List<Long>): Long = sizes.last() + sizes[sizes.size - 2] + SLACK

    /** The largest top up to [wanted] for which [free] bytes are enough; [wanted] when that is unknown. */
    fun largestTop(wanted: Long, free: Long?): Long {
        if (free == null) return wanted
        return generateSequence(wanted) { it / 2 }
            .first { needed(sizes(it)) + RESERVE <= free || it < 4 * Sizes.MEBIBYTE }
    }

    /** What to say when [top] is less than was [wanted]. */
    fun lowered(wanted: Long, top: Long, free: Long): String =
        "This machine has ${Sizes.text(free)} free. To copy a buffer to ${Sizes.text(wanted)} needs " +
            "${Sizes.text(needed(sizes(wanted)) + RESERVE)}, so it grows to ${Sizes.text(top)} only.\n"
}
