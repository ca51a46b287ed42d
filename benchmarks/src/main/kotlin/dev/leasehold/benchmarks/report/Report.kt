package dev.leasehold.benchmarks.report

import dev.leasehold.benchmarks.OptionalLibrary
import org.openjdk.jmh.profile.GCProfiler
import org.openjdk.jmh.results.format.ResultFormatType
import org.openjdk.jmh.runner.Runner
import org.openjdk.jmh.runner.options.OptionsBuilder
import org.openjdk.jmh.runner.options.TimeValue
import java.nio.file.Path
import kotlin.io.path.bufferedReader
import kotlin.io.path.createDirectories
import kotlin.io.path.exists
import kotlin.system.exitProcess

/** Measures, or reads what was measured, and shows it as tables and charts; see [Request.USAGE]. */
public fun main(vararg arguments: String) {
    if ("--help" in arguments) return println(Request.USAGE)
    try {
        show(Request.parse(arguments.asList()))
    } catch (wrong: UsageException) {
        System.err.println(wrong.message)
        exitProcess(2)
    }
}

private fun show(request: Request) {
    val results = request.from ?: measure(request)
    if (!results.exists()) throw UsageException("$results does not exist; without --from this measures")
    val machine = Machine.load(machineFile(results))
    val run = results.bufferedReader().use { JmhResults(machine.cores).read(it) }
    println(setting(run, machine))
    println(figureTable(run.figures))
    println(serviceTable(run.figures))
    println(barTable(run.figures))
    request.page?.let {
        Page(it).write(run, machine)
        println("Written to $it.")
    }
}

private fun measure(request: Request): Path {
    val results = request.results.toAbsolutePath()
    val _ = results.parent.createDirectories()
    val options = OptionsBuilder().include(request.include)
        .addProfiler(GCProfiler::class.java)
        .shouldFailOnError(true)
        .resultFormat(ResultFormatType.JSON)
        .result(results.toString())
    for (library in OptionalLibrary.absent()) {
        println(library.skipMessage)
        val _ = options.exclude(library.benchmarks)
    }
    if (request.quick) {
        val _ = options.forks(1)
            .warmupIterations(2).warmupTime(QUICK)
            .measurementIterations(2).measurementTime(QUICK)
    }
    val found = Runner(options.build()).run()
    if (found.isEmpty()) throw UsageException("no benchmark matches '${request.include}'")
    Machine.here().save(machineFile(results))
    return results
}

private fun machineFile(results: Path): Path =
    results.resolveSibling("${results.fileName.toString().removeSuffix(".json")}.machine.properties")

private val QUICK = TimeValue.milliseconds(250)
