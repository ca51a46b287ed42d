package dev.leasehold.benchmarks.report

import dev.leasehold.benchmarks.report.Figures.Companion.ACCESS
import dev.leasehold.benchmarks.report.Figures.Companion.CONTENTION
import dev.leasehold.benchmarks.report.Figures.Companion.HAND_OFF
import dev.leasehold.benchmarks.report.Figures.Companion.MANAGER
import dev.leasehold.benchmarks.report.Figures.Companion.MANAGER_CHURN
import dev.leasehold.benchmarks.report.Figures.Companion.MANAGER_HAND_OFF
import dev.leasehold.benchmarks.report.Figures.Companion.MAPPED
import dev.leasehold.benchmarks.report.Figures.Companion.MAPPED_DICTIONARY
import dev.leasehold.benchmarks.report.Figures.Companion.RENT
import dev.leasehold.benchmarks.report.Figures.Companion.RESIZE
import dev.leasehold.benchmarks.report.Figures.Companion.SCOPE
import dev.leasehold.benchmarks.report.Figures.Companion.SERVICE
import dev.leasehold.benchmarks.report.Figures.Companion.SUSPEND

/** A chart and the file that it goes to, beside the page. */
internal class NamedChart(val file: String, val title: String, val chart: BarChart)

/** A chart for each class that the run included. */
internal fun chartsOf(figures: Figures): List<NamedChart> = listOfNotNull(
    figures.chart(RENT, "rent.svg", "Get memory, write an int, read it, give it back", ::bySize),
    figures.chart(SCOPE, "scope.svg", "A scope: eight small segments, or one lease") { "" },
    figures.chart(HAND_OFF, "hand-off.svg", "One thread rents, another closes", ::bySize),
    figures.chart(CONTENTION, "contention.svg", "1 KiB by 1, 2, 4 and 8 threads: time per operation and core") {
        labelOf(it.method.trimEnd(Char::isDigit))
    },
    figures.chart(ACCESS, "access.svg", "Sum, copy and fill: a segment and a byte array", ::bySize),
    figures.chart(MANAGER, "manager.svg", "Allocate, write an int, free: one thread", ::bySize),
    figures.chart(
        MANAGER_CHURN,
        "manager-churn.svg",
        "512 live blocks: free one at random, allocate another",
        ::bySize,
    ),
    figures.chart(MANAGER_HAND_OFF, "manager-hand-off.svg", "One thread allocates, another frees", ::bySize),
    figures.chart(RESIZE, "resize.svg", "Grow 64 MiB to 128 MiB") { "" },
    figures.chart(SUSPEND, "suspend.svg", "In coroutines, at most eight blocks: get one, write an int, give it back") {
        if (it.isContended) "all wait" else bySize(it)
    },
    figures.chart(MAPPED, "mapped.svg", "Allocate, write an int, free: in process, and in a file", ::bySize),
    figures.chart(
        MAPPED_DICTIONARY,
        "mapped-dictionary.svg",
        "A million entries of 108 bytes in a file, in random order",
        ::dictionaryWorkOf,
    ),
    figures.serviceChart(),
)

private fun bySize(figure: Figure): String = figure.size?.let(::sizeName).orEmpty()

private fun Figures.chart(family: String, file: String, title: String, heading: (Figure) -> String): NamedChart? {
    val groups = of(family).groupBy(heading).map { (name, members) -> BarGroup(name, members.map(::bar)) }
    if (groups.isEmpty()) return null
    return NamedChart(file, title, BarChart(title, "nanoseconds per operation, less is better", groups))
}

private fun Figures.serviceChart(): NamedChart? {
    val versions = of(SERVICE).map { ChartBar(labelOf(it.method), rowsPerSecond(it), isOwn(it)) }
    if (versions.isEmpty()) return null
    val title = "The measurement service: four clients over loopback TCP"
    val chart = BarChart(title, "rows per second, more is better", listOf(BarGroup("", versions)))
    return NamedChart("service.svg", title, chart)
}

private fun bar(figure: Figure) = ChartBar(barLabelOf(figure), figure.nanos, isOwn(figure))

private fun barLabelOf(figure: Figure): String = when (figure.family) {
    CONTENTION -> figure.method.takeLastWhile(Char::isDigit).let { if (it == "1") "1 thread" else "$it threads" }
    MAPPED_DICTIONARY -> FILE_MAPS.getValue(figure.method.removePrefix(dictionaryWorkOf(figure)))
    ACCESS -> "${labelOf(workOf(figure))}, ${if (isOwn(figure)) "Segment" else "byte[]"}"
    else -> labelOf(figure.case)
}

/** The name of a benchmark's method in words: `nettyPooled` is `Netty pooled`. */
internal fun labelOf(method: String): String {
    val words = method.replace(Regex("(?<=[a-z])(?=[A-Z])"), " ").lowercase()
    return NAMES.fold(words) { text, name -> text.replace(name.lowercase(), name) }
}

/** Whether the library did the work, and not a rival. */
internal fun isOwn(figure: Figure): Boolean = when (figure.family) {
    SCOPE -> figure.method != "confinedArenaEight"
    ACCESS -> figure.method.endsWith("Segment")
    RESIZE -> figure.method == "resize"
    SERVICE -> figure.method != "heap"
    MAPPED -> true
    MAPPED_DICTIONARY -> figure.method.endsWith("Leasehold")
    else -> figure.case.trimEnd(Char::isDigit) in OWN_METHODS
}

/** What is done in a map in a file: the first word of the method's name. */
private fun dictionaryWorkOf(figure: Figure): String = figure.method.takeWhile(Char::isLowerCase)

private fun workOf(figure: Figure): String = figure.method.removeSuffix("Segment").removeSuffix("Array")

private val OWN_METHODS = setOf(
    "lease",
    "leaseEscaping",
    "sharedLease",
    "keptView",
    "leasehold",
    "leaseholdShared",
    "leaseholdBudgeted",
    "withLease",
)

/** Those that have maps in files, as the benchmark calls them and as they call themselves. */
private val FILE_MAPS = mapOf(
    "Leasehold" to "Leasehold",
    "Chronicle" to "Chronicle Map",
    "Mapdb" to "MapDB",
    "Lmdb" to "LMDB",
    "Mvstore" to "H2 MVStore",
)

/** What keeps its capital letters in a label. */
private val NAMES = listOf("Netty", "Arrow", "Leasehold")
