package dev.leasehold.benchmarks.report

import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.core.CoreCliktCommand
import com.github.ajalt.clikt.core.UsageError
import com.github.ajalt.clikt.core.main
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.path
import dev.leasehold.benchmarks.OptionalLibrary
import org.openjdk.jmh.profile.GCProfiler
import org.openjdk.jmh.results.format.ResultFormatType
import org.openjdk.jmh.runner.Runner
import org.openjdk.jmh.runner.options.OptionsBuilder
import org.openjdk.jmh.runner.options.TimeValue
import java.nio.file.Path
import kotlin.io.path.bufferedReader
import kotlin.io.path.createDirectories

/** Measures, or reads what was measured, and shows it as tables and charts. */
fun main(vararg arguments: String) {
    // Charts are drawn, and nothing is shown in a window.
    System.setProperty("java.awt.headless", "true")
    Report().main(arguments.asList())
}

/**
 * The command. Without options it measures everything, prints the tables, and writes both pages.
 *
 * @property action what it does with its options
 */
internal class Report(private val action: (Report) -> Unit = Report::show) : CoreCliktCommand("report") {
    override fun help(context: Context) =
        "Measures everything, in about an hour. Prints the tables, and writes them into the two pages."

    val quick by option(help = "measure for half a second each, to see that all works; only print").flag()
    val include by option(metavar = "REGEX", help = "measure what matches, such as RentBenchmark; only print")
    val from by option(metavar = "FILE", help = "measure nothing, and show the results that an earlier run kept")
        .path(mustExist = true)
    val results by option(metavar = "FILE", help = "keep the results there (benchmarks/target/performance.json)").path()
        .default(Path.of("benchmarks", "target", "performance.json"))
    val page by option(metavar = "FILE", help = "the page of figures (docs/performance.md)").path()
    val bars by option(metavar = "FILE", help = "the page of bars (benchmarks/BARS.md)").path()

    /** A run of a part leaves the pages alone, unless one is named. */
    private val isPartial get() = quick || include != null

    val pageToWrite: Path? get() = page ?: Path.of("docs", "performance.md").takeUnless { isPartial }

    val barsToWrite: Path? get() = bars ?: Path.of("benchmarks", "BARS.md").takeUnless { isPartial }

    override fun run() = action(this)

    private fun show() {
        val results = from ?: measure()
        val machine = Machine.load(machineFile(results))
        val run = results.bufferedReader().use { JmhResults(machine.cores).read(it) }
        println(setting(run, machine))
        println(figureTable(run.figures))
        println(serviceTable(run.figures))
        // A part of the classes has a part of the bars; a run of all that lacks one is to show it.
        val bars = if (isPartial) BARS.filter { it.measure(run.figures) != null } else BARS
        println(barTable(run.figures, bars))
        pageToWrite?.let { Page(it).writeFigures(run, machine) }
        barsToWrite?.let { Page(it).writeBars(run, machine, bars) }
    }

    private fun measure(): Path {
        val kept = results.toAbsolutePath()
        val _ = kept.parent.createDirectories()
        val options = OptionsBuilder().include(include ?: "dev\\.leasehold\\.")
            .addProfiler(GCProfiler::class.java)
            .shouldFailOnError(true)
            .resultFormat(ResultFormatType.JSON)
            .result(kept.toString())
        for (library in OptionalLibrary.absent()) {
            println(library.skipMessage)
            options.exclude(library.benchmarks)
        }
        if (quick) {
            options.forks(1)
                .warmupIterations(2).warmupTime(QUICK)
                .measurementIterations(2).measurementTime(QUICK)
        }
        if (Runner(options.build()).run().isEmpty()) throw UsageError("no benchmark matches '$include'")
        Machine.here().save(machineFile(kept))
        return kept
    }
}

private fun machineFile(results: Path): Path =
    results.resolveSibling("${results.fileName.toString().removeSuffix(".json")}.machine.properties")

private val QUICK = TimeValue.milliseconds(250)
