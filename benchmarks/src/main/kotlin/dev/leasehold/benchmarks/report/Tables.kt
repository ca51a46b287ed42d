package dev.leasehold.benchmarks.report

/** The bars, what was measured for each, and whether that reaches it: a Markdown table. */
internal fun barTable(figures: Figures, bars: List<Bar> = BARS): String = buildString {
    append("| bar | measured | reached |\n|---|---:|---|\n")
    for (bar in bars) {
        val measured = bar.measure(figures)
        val shown = measured?.let { plain(it) + bar.unit } ?: "–"
        append("| ${bar.promise} | $shown | ${verdict(bar, measured)} |\n")
    }
}

/** How many of the bars are reached, missed and not measured, in one line. */
internal fun verdicts(figures: Figures, bars: List<Bar> = BARS): String {
    val measured = bars.mapNotNull { bar -> bar.measure(figures)?.let(bar::isReachedBy) }
    val (reached, missed) = measured.count { it } to measured.count { !it }
    val open = bars.size - measured.size
    return "Of ${bars.size} bars $reached are reached, $missed are missed, and $open were not measured.\n"
}

private fun verdict(bar: Bar, measured: Double?): String = when {
    measured == null -> "not measured"
    bar.isReachedBy(measured) -> "yes"
    else -> "**no**"
}

/** Every figure of the run, with its ratio to the plain case of its class: a Markdown table. */
internal fun figureTable(figures: Figures): String = buildString {
    append("| benchmark | size | ns/op | ± | B/op | ratio |\n|---|---:|---:|---:|---:|---:|\n")
    for (figure in figures.all) append(row(figure, figures.baselineOf(figure))).append('\n')
}

private fun row(figure: Figure, baseline: Figure?): String {
    val size = figure.size?.let { sizeName(figure.family, it) } ?: ""
    val ratio = baseline?.let { plain(figure.nanos / it.nanos) + "×" } ?: "–"
    val cells = listOf(figure.benchmark, size, plain(figure.nanos), plain(figure.error), byteCount(figure.bytes), ratio)
    return cells.joinToString(" | ", "| ", " |")
}

/** What the measurement service has done: a Markdown table, or nothing when the run did not include it. */
internal fun serviceTable(figures: Figures): String {
    val versions = figures.of(Figures.SERVICE)
    if (versions.isEmpty()) return ""
    return buildString {
        append("| version | rows per second | heap bytes per row |\n|---|---:|---:|\n")
        for (version in versions) {
            val bytes = version.bytes?.let(::plain) ?: "–"
            append("| ${version.method} | ${plain(rowsPerSecond(version))} | $bytes |\n")
        }
    }
}

/** An operation of the service's benchmark is a row. */
internal fun rowsPerSecond(version: Figure): Double = NANOS_PER_SECOND / version.nanos

private const val NANOS_PER_SECOND = 1e9
