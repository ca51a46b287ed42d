package dev.leasehold.benchmarks.report

import java.nio.file.Path
import kotlin.io.path.createDirectories
import kotlin.io.path.exists
import kotlin.io.path.readText
import kotlin.io.path.writeText

/** The page with the figures: what people wrote stays, what stands between the two markers is replaced. */
internal class Page(private val file: Path) {
    /**
     * Writes the report and its charts.
     *
     * @throws IllegalArgumentException when the page is missing or has not exactly one pair of markers; nothing is written then
     */
    fun write(run: Run, machine: Machine) {
        require(file.exists()) {
            "$file does not exist; the report replaces a part of it and writes no page of its own"
        }
        val charts = chartsOf(run.figures)
        file.writeText(replaceGenerated(file.readText(), report(run, machine, charts)))
        val folder = folder().createDirectories()
        charts.forEach { folder.resolve(it.file).writeText(it.chart.toSvg()) }
    }

    private fun folder(): Path = file.resolveSibling(file.fileName.toString().removeSuffix(".md"))

    private fun report(run: Run, machine: Machine, charts: List<NamedChart>): String = buildString {
        append(setting(run, machine)).append("\n## The bars\n\n").append(barTable(run.figures))
        val service = serviceTable(run.figures)
        if (service.isNotEmpty()) append("\n## The measurement service\n\n").append(service)
        append("\n## Charts\n\n")
        charts.forEach { append("![${it.title}](${folder().fileName}/${it.file})\n\n") }
        append("## All figures\n\n").append(figureTable(run.figures))
    }

    private fun replaceGenerated(page: String, generated: String): String {
        val parts = page.split(BEGIN, END)
        require(parts.size == 3 && page.indexOf(BEGIN) < page.indexOf(END)) {
            "$file needs one line '$BEGIN' and one line '$END' after it, to know what it may replace"
        }
        return "${parts[0]}$BEGIN\n\n$generated\n$END${parts[2]}"
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
