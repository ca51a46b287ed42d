package dev.leasehold.samples.growth

import java.util.Locale

/** All that the program says in words and figures. */
internal object Report {
    private const val LIVE = "  %-7s %9s   %-14s   %-9s %9s  %10s"
    private const val ROW = "  %9s   %12s   %22s   %s"

    /** What will be done, and over the steps, what their columns are. */
    fun head(sizes: List<Long>, resident: Long?): String = buildString {
        val (from, to) = Sizes.text(sizes.first()) to Sizes.text(sizes.last())
        appendLine("Growing a buffer from $from to $to, twice as large each step")
        appendLine()
        appendLine(line(LIVE, "way", "size", "address", "", "time", "resident"))
        append(line(LIVE, "before", "", "", "", "", resident(resident)))
    }

    /** One step, as it is reached. */
    fun live(way: Way, step: Step): String = line(
        LIVE,
        way.title,
        Sizes.text(step.size),
        "0x%012x".format(Locale.ROOT, step.address),
        where(way, step),
        Sizes.time(step.nanos),
        resident(step.resident),
    )

    private fun where(way: Way, step: Step): String = when {
        step.size == Sizes.MEBIBYTE -> "allocated"
        step.moved -> way.moving
        else -> "in place"
    }

    /** Both ways side by side, growth by growth. */
    fun table(resized: Journey, copied: Journey): String = buildString {
        append(line(ROW, "to", "resize", "allocate, copy, free", "resize is"))
        val reached = maxOf(resized.steps.size, copied.steps.size)
        for (index in 1 until reached) {
            val fast = resized.steps.getOrNull(index)
            val slow = copied.steps.getOrNull(index)
            append('\n').append(row(Sizes.text((fast ?: checkNotNull(slow)).size), fast?.nanos, slow?.nanos))
        }
        val both = resized.steps.size == copied.steps.size && reached > 1
        if (both) append('\n').append(row("together", resized.nanos, copied.nanos))
    }

    /** The budgets at the end of the last journey. */
    fun tree(journey: Journey): String = journey.tree.trimEnd().lines().joinToString("\n", "\n", "\n") { "  $it" }

    /** The whole run in a few lines. */
    fun summary(resized: Journey, copied: Journey): String {
        val (fast, slow) = listOf(resized, copied).map { it.steps.lastOrNull() }
        if (fast == null || slow == null || fast.size != slow.size || resized.steps.size < 2) return unequal(fast, slow)
        val intact = resized.damage < 0 && copied.damage < 0
        val pages = "%,d".format(Locale.ROOT, Pattern.pages(fast.size))
        return "Grown to ${Sizes.text(fast.size)} in ${Sizes.time(resized.nanos)} by resize and in " +
            "${Sizes.time(copied.nanos)} by allocate, copy, free: ${factor(resized.nanos, copied.nanos)}.\n" +
            "Most held from the system: ${Sizes.text(resized.held)} and ${Sizes.text(copied.held)}. " +
            "Most resident: ${peak(resized)} and ${peak(copied)}.\n" +
            if (intact) "All $pages pages hold what was written to them, in both." else "Content was lost; see above."
    }

    private fun unequal(fast: Step?, slow: Step?): String =
        "The buffer reached ${size(fast)} by resize and ${size(slow)} by allocate, copy, free."

    private fun size(step: Step?) = if (step == null) "nothing" else Sizes.text(step.size)

    private fun row(title: String, fast: Long?, slow: Long?): String =
        line(ROW, title, time(fast), time(slow), if (fast == null || slow == null) "" else factor(fast, slow))

    private fun time(nanos: Long?) = if (nanos == null) "refused" else Sizes.time(nanos)

    private fun factor(fast: Long, slow: Long): String {
        val (less, more) = minOf(fast, slow).coerceAtLeast(1) to maxOf(fast, slow)
        val factor = more / less.toDouble()
        val digits = if (factor < 10) "%.1f" else "%,.0f"
        return digits.format(Locale.ROOT, factor) + if (slow < fast) " x slower" else " x faster"
    }

    private fun peak(journey: Journey) = resident(journey.steps.mapNotNull { it.resident }.maxOrNull())

    private fun resident(bytes: Long?) = if (bytes == null) "not shown" else Sizes.text(bytes)

    private fun line(format: String, vararg cells: String): String = format.format(Locale.ROOT, *cells).trimEnd()
}
