package dev.leasehold.samples.service

import dev.leasehold.memory.PoolStatistics
import java.util.Locale

/** The table at the end. */
internal object Report {
    private const val SHOWN = 3

    /** What both versions have cost, side by side. */
    fun table(heap: Outcome, leased: Outcome): String = buildString {
        appendLine(row("", "heap", "leased", ""))
        val faster = ratio(leased.rowsPerSecond, heap.rowsPerSecond)
        appendLine(row("rows per second", grouped(heap.rowsPerSecond), grouped(leased.rowsPerSecond), faster))
        val lighter = ratio(heap.processorNanosPerRow, leased.processorNanosPerRow)
        appendLine(row("processor ns per row", processor(heap), processor(leased), lighter))
        appendLine(row("heap bytes per row", bytes(heap), bytes(leased), ""))
        appendLine(row("collections", heap.collections.toString(), leased.collections.toString(), ""))
        append(row("longest pause", pause(heap), pause(leased), ""))
    }

    /** The pool's figures, one a line where a newcomer may ask what they are. */
    fun pool(name: String, stats: PoolStatistics, trimmed: PoolStatistics): String = buildString {
        appendLine("  pool '$name' after the run")
        appendLine(figure("used", stats.used, "leased now; anything but 0 would be a leak"))
        appendLine(figure("idle", stats.idle, "kept for the next rents"))
        appendLine(figure("quarantined", stats.quarantined, "closed shared leases whose views are not cut off yet"))
        appendLine(figure("reserved", stats.reserved, "held from the system: the sum of these"))
        appendLine(figure("peak", stats.peak, "the most that was ever held"))
        appendLine(figure("after trim()", trimmed.reserved, "still held"))
        append(
            "  %-18s %,14d    %,d from a thread's own cache, %,d from further away"
                .format(Locale.ROOT, "rents", stats.rents, stats.hits, stats.misses),
        )
    }

    /** The answer, shortened to its first stations. */
    fun answer(total: String): String {
        val stations = if (total.length <= 2) emptyList() else total.substring(1, total.length - 1).split(", ")
        val shown = stations.take(SHOWN).joinToString(", ")
        return if (stations.size <= SHOWN) "{$shown}" else "{$shown, … ${stations.size - SHOWN} more}"
    }

    private fun row(title: String, heap: String, leased: String, note: String): String =
        "  %-20s %14s %14s   %s".format(Locale.ROOT, title, heap, leased, note).trimEnd()

    private fun figure(title: String, bytes: Long, meaning: String): String =
        "  %-18s %,14d B  %s".format(Locale.ROOT, title, bytes, meaning)

    private fun ratio(better: Double, worse: Double): String =
        if (worse > 0) "%.1f x better".format(Locale.ROOT, better / worse) else ""

    private fun processor(outcome: Outcome): String = grouped(outcome.processorNanosPerRow)

    private fun grouped(value: Double): String = "%,.0f".format(Locale.ROOT, value)

    private fun bytes(outcome: Outcome): String = "%.2f".format(Locale.ROOT, outcome.heapBytesPerRow)

    private fun pause(outcome: Outcome): String = when {
        outcome.collections == 0L -> "none"
        outcome.longestMillis == 0L -> "< 1 ms"
        else -> "${outcome.longestMillis} ms"
    }
}
