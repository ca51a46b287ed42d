package dev.leasehold.samples.service

import java.util.Locale

/** What came of one number of clients. */
internal class SweepStage(
    val clients: Int,
    val slow: Int,
    val outcome: Outcome,
    val memory: MemoryFigures,
    val served: Long,
)

/** The table at the end of a sweep. */
internal object SweepReport {
    private const val BAR = 20
    private const val HEADER =
        "  clients   slow       rows/s  heap B/row      peak memory  of the limit                  " +
            "waited  at once   longest"

    /** A line for each of [stages], with a bar for the limit, which is the same for all. */
    fun table(stages: List<SweepStage>): String = buildString {
        appendLine(HEADER)
        stages.forEach { appendLine(row(it)) }
        append(
            "\n  The limit is %,d B: %,d connections are served at once, the others wait until memory comes back."
                .format(Locale.ROOT, stages[0].memory.limit, stages[0].served),
        )
    }

    private fun row(stage: SweepStage): String {
        val memory = stage.memory
        return "  %,7d  %,5d  %,11.0f  %10.2f  %,13d B  %s  %,7d  %,7d  %,5d ms".format(
            Locale.ROOT,
            stage.clients,
            stage.slow,
            stage.outcome.rowsPerSecond,
            stage.outcome.heapBytesPerRow,
            memory.peak,
            bar(memory.percent),
            memory.waited,
            memory.mostWaiting,
            memory.longestMillis,
        )
    }

    private fun bar(percent: Double): String {
        val filled = Math.ceil(percent * BAR / 100).toInt().coerceIn(0, BAR)
        return "▕${"█".repeat(filled)}${" ".repeat(BAR - filled)}▏%3.0f %%".format(Locale.ROOT, percent)
    }
}
