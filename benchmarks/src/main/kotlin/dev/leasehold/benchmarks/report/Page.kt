package dev.leasehold.benchmarks.report

import java.nio.file.Path
import kotlin.io.path.createDirectories
import kotlin.io.path.exists
import kotlin.io.path.readText
import kotlin.io.path.writeText

/** A page of a report: what people wrote stays, and what stands between the two markers is replaced. */
internal class Page(private val file: Path) {
    /**
     * Writes all figures, and the charts into a folder beside the page.
     *
     * @throws IllegalArgumentException when the page is missing or has not exactly one pair of markers; nothing is
     *   written then
     */
    fun writeFigures(run: Run, machine: Machine) {
        val charts = chartsOf(run.figures)
        val folder = file.resolveSibling(file.fileName.toString().removeSuffix(".md"))
        replaceGenerated(figures(run, machine, charts, folder))
        folder.createDirectories()
        charts.forEach { folder.resolve(it.file).writeText(it.chart.toSvg()) }
    }

    /**
     * Writes [bars], and which of them are reached.
     *
     * @throws IllegalArgumentException as [writeFigures]
     */
    fun writeBars(run: Run, machine: Machine, bars: List<Bar> = BARS): Unit = replaceGenerated(
        "${setting(run, machine)}\n${verdicts(run.figures, bars)}\n${barTable(run.figures, bars)}",
    )

    private fun figures(run: Run, machine: Machine, charts: List<NamedChart>, folder: Path): String = buildString {
        append(setting(run, machine)).append('\n')
        charts.forEach { append("![${it.title}](${folder.fileName}/${it.file})\n\n") }
        val service = serviceTable(run.figures)
        if (service.isNotEmpty()) append("### The measurement service\n\n$service\n")
        append("### All figures\n\n").append(figureTable(run.figures))
    }

    private fun replaceGenerated(generated: String) {
        require(file.exists()) {
            "$file does not exist; the report replaces a part of it and writes no page of its own"
        }
        val page = file.readText()
        val parts = page.split(BEGIN, END)
        require(parts.size == 3 && page.indexOf(BEGIN) < page.indexOf(END)) {
            "$file needs one line '$BEGIN' and one line '$END' after it, to know what it may replace"
        }
        file.writeText("${parts[0]}$BEGIN\n\n$generated\n$END${parts[2]}")
    }

    private companion object {
        const val BEGIN = "<!-- generated:begin -->"
        const val END = "<!-- generated:end -->"
    }
}

/** Where and how the figures were measured. */
internal fun setting(run: Run, machine: Machine): String =
    """
    |Measured on ${machine.cpu}, ${machine.cores} cores, ${machine.system}; ${machine.jdk}; Netty ${machine.netty}.
    |Effort: ${run.effort}.
    |
    """.trimMargin()
