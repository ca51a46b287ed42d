package dev.leasehold.benchmarks.report

/**
 * One aim of the project for the library's speed.
 *
 * @property promise the bar in words
 * @property unit what follows a figure: `×`, ` ns` or ` B/op`
 * @property limit the figure to reach
 * @property atLeast whether more is better; else less is
 * @property measure the figure out of a run, or null when the run lacks a part of it
 */
internal class Bar(
    val promise: String,
    val unit: String,
    val limit: Double,
    val atLeast: Boolean,
    val measure: (Figures) -> Double?,
) {
    /** Whether [measured] is as good as promised. */
    fun isReachedBy(measured: Double): Boolean = if (atLeast) measured >= limit else measured <= limit

    override fun toString(): String = promise
}
