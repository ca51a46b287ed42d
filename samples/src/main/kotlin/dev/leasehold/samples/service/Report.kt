package dev.leasehold.samples.service

import dev.leasehold.memory.PoolStatistics
import java.util.Locale

/** The table at the end. */
internal object Report {
    private const val SHOWN = 3

    /** What is run, on one line. */
    fun title(workload: Workload): String =
        "Measurement service: ${rows(workload)}, ${clients(workload)} over loopback TCP"

    /** By how many it is sent. */
    fun clients(workload: Workload): String =
        if (workload.clients == 1) "1 client" else "${grouped(workload.clients.toLong())} clients"

    /** What is sent. */
    fun rows(workload: Workload): String = "${grouped(workload.rows)} rows (${workload.description})"

    /** What the versions called [names] have cost, side by side, and how the last compares with the first. */
    fun table(names: List<String>, outcomes: List<Outcome>): String = buildString {
        val heap = outcomes.first()
        val last = outcomes.last()
        appendLine(row("", names, ""))
        val faster = ratio(last.rowsPerSecond, heap.rowsPerSecond, names)
        appendLine(row("rows per second", outcomes.map { grouped(it.rowsPerSecond) }, faster))
        val lighter = ratio(heap.processorNanosPerRow, last.processorNanosPerRow, names)
        appendLine(row("processor ns per row", outcomes.map { grouped(it.processorNanosPerRow) }, lighter))
        appendLine(row("heap bytes per row", outcomes.map(::bytes), ""))
        appendLine(row("collections", outcomes.map { it.collections.toString() }, ""))
        append(row("longest pause", outcomes.map(::pause), ""))
    }

    /** How the coroutine version kept its limit. */
    fun memory(figures: MemoryFigures): String = buildString {
        appendLine("  memory of the coroutine version")
        appendLine(figure("limit", figures.limit, "--memory; not one byte more is ever held from the system"))
        appendLine(figure("peak", figures.peak, "%.0f %% of the limit".format(Locale.ROOT, figures.percent)))
        appendLine(count("connections", figures.connections, "at the same time"))
        appendLine(count("waited for memory", figures.waited, "of them; ${figures.mostWaiting} at the same time"))
        append("  %-18s %,14d ms".format(Locale.ROOT, "longest wait", figures.longestMillis))
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

    private fun row(title: String, values: List<String>, note: String): String {
        val columns = values.joinToString(" ") { "%14s".format(Locale.ROOT, it) }
        return "  %-20s %s   %s".format(Locale.ROOT, title, columns, note).trimEnd()
    }

    private fun count(title: String, value: Long, meaning: String): String =
        "  %-18s %,14d    %s".format(Locale.ROOT, title, value, meaning)

    private fun figure(title: String, bytes: Long, meaning: String): String =
        "  %-18s %,14d B  %s".format(Locale.ROOT, title, bytes, meaning)

    private fun ratio(better: Double, worse: Double, names: List<String>): String =
        if (worse > 0) "%.1f x better than %s".format(Locale.ROOT, better / worse, names.first()) else ""

    /** The number with its thousands apart. */
    fun grouped(value: Long): String = "%,d".format(Locale.ROOT, value)

    private fun grouped(value: Double): String = "%,.0f".format(Locale.ROOT, value)

    private fun bytes(outcome: Outcome): String = "%.2f".format(Locale.ROOT, outcome.heapBytesPerRow)

    private fun pause(outcome: Outcome): String = when {
        outcome.collections == 0L -> "none"
        outcome.longestMillis == 0L -> "< 1 ms"
        else -> "${outcome.longestMillis} ms"
    }
}
