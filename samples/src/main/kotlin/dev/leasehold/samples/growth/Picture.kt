package dev.leasehold.samples.growth

import kotlin.math.log10
import kotlin.math.roundToInt

/** Both times of each step as bars, on a scale where ten times as long is ten columns more. */
internal object Picture {
    private const val MARGIN = "             "
    private const val DECADE = 10
    private val MARKS = listOf("1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s")

    /** One line for each growth, under a scale, and over a legend. */
    fun draw(resized: Journey, copied: Journey): String = buildString {
        val pairs = pairs(resized, copied)
        val width = pairs.maxOfOrNull { (_, fast, slow) -> maxOf(columns(fast), columns(slow)) } ?: 0
        val marks = MARKS.take((width + DECADE - 1) / DECADE + 1)
        appendLine(MARGIN + marks.joinToString("") { it.padEnd(DECADE) }.trimEnd())
        appendLine(MARGIN + marks.joinToString("") { "|".padEnd(DECADE) }.trimEnd())
        for ((size, fast, slow) in pairs) appendLine("  %9s  ".format(Sizes.text(size)) + bars(fast, slow))
        append("$MARGIN█ resize   ░ allocate, copy, free   (ten columns more: ten times as long)")
    }

    private fun pairs(resized: Journey, copied: Journey): List<Triple<Long, Long, Long>> =
        resized.steps.zip(copied.steps).drop(1).map { (fast, slow) -> Triple(fast.size, fast.nanos, slow.nanos) }

    // The shorter bar lies on the longer; nearly always that is the resize.
    private fun bars(fast: Long, slow: Long): String {
        val (front, back) = columns(fast) to columns(slow)
        return "█".repeat(front) + "░".repeat((back - front).coerceAtLeast(0))
    }

    private fun columns(nanos: Long): Int =
        (log10(nanos.coerceAtLeast(1) / NANOS_A_MICRO) * DECADE).roundToInt().coerceAtLeast(1)

    private const val NANOS_A_MICRO = 1e3
}
