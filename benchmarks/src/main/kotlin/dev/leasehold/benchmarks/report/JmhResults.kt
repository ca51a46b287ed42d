package dev.leasehold.benchmarks.report

import com.google.gson.JsonObject
import com.google.gson.JsonParser
import java.io.Reader

/** What one run of JMH found, and how hard it looked, in words. */
internal class Run(val figures: Figures, val effort: String)

/**
 * Reads what JMH writes with `-rf json`, and turns it into figures for one operation.
 *
 * @property cores how many cores the measuring machine had; threads beyond that wait for one
 */
internal class JmhResults(private val cores: Int) {
    /** @throws IllegalArgumentException when there is no result, or one that is no average time in nanoseconds */
    fun read(json: Reader): Run {
        val runs = JsonParser.parseReader(json).asJsonArray.map { it.asJsonObject }
        require(runs.isNotEmpty()) { "the file of results is empty: no benchmark ran" }
        return Run(Figures(runs.map(::figure)), runs.map(::effort).distinct().joinToString("; "))
    }

    private fun effort(run: JsonObject): String = "JVMs for each figure: ${run["forks"]}; in each " +
        "${run["warmupIterations"]} × ${run["warmupTime"].asString} to warm up and " +
        "${run["measurementIterations"]} × ${run["measurementTime"].asString} measured"

    private fun figure(run: JsonObject): Figure {
        val benchmark = run["benchmark"].asString.split('.').takeLast(2).joinToString(".")
        val primary = run["primaryMetric"].asJsonObject
        require(primary["scoreUnit"].asString == "ns/op") {
            "$benchmark is in ${primary["scoreUnit"].asString}; the report needs the average time " +
                "in ns/op, as the benchmarks declare it"
        }
        val share = coreShare(benchmark, run["threads"].asInt)
        return Figure(
            benchmark = benchmark + neighbours(run) + entries(run),
            size = run["params"]?.asJsonObject?.get("size")?.asInt,
            nanos = primary.number("score") * share,
            error = primary.number("scoreError") * share,
            bytes = allocated(run)?.times(operationsPerHandOff(benchmark)),
        )
    }

    private fun neighbours(run: JsonObject): String =
        when (val neighbours = run["params"]?.asJsonObject?.get("neighbours")?.asString) {
            null -> ""
            "none" -> Figures.ALONE
            "busy" -> Figures.BESIDE_BUSY
            else -> throw IllegalArgumentException("there are results beside neighbours that are '$neighbours'")
        }

    private fun entries(run: JsonObject): String =
        run["params"]?.asJsonObject?.get("entries")?.asString?.let { Figures.entries(it.toInt()) }.orEmpty()

    // JMH counts the time that a thread waits for a core; only the time on it belongs to the operation.
    private fun coreShare(benchmark: String, threads: Int): Double =
        if (benchmark.substringBefore('.') in EACH_FOR_ITSELF && threads > cores) cores.toDouble() / threads else 1.0

    // JMH counts the rent and the close as an operation each, and spreads the garbage over both.
    private fun operationsPerHandOff(benchmark: String): Int = if (isHandOff(benchmark)) 2 else 1

    private fun isHandOff(benchmark: String): Boolean =
        benchmark.substringBefore('.') in HAND_OFFS || benchmark.startsWith("${Figures.BUSY}.handOver")

    private fun allocated(run: JsonObject): Double? {
        val metrics = run["secondaryMetrics"]?.asJsonObject ?: return null
        val name = metrics.keySet().find { it.endsWith("gc.alloc.rate.norm") } ?: return null
        return metrics[name].asJsonObject.number("score").takeUnless(Double::isNaN)
    }

    // JMH writes what is not a number as the string "NaN".
    private fun JsonObject.number(name: String): Double = get(name).asString.toDouble()

    private companion object {
        val HAND_OFFS = setOf(Figures.HAND_OFF, Figures.MANAGER_HAND_OFF)

        /** Where several threads do the same, and none waits for another by design. */
        val EACH_FOR_ITSELF = setOf(Figures.CONTENTION, Figures.LIMIT)
    }
}
