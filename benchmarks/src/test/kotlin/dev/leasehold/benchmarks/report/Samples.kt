package dev.leasehold.benchmarks.report

import java.awt.GraphicsEnvironment

/** Whether this machine has a font to draw charts with; a small container may have none. */
internal val HAS_FONTS: Boolean =
    runCatching { GraphicsEnvironment.getLocalGraphicsEnvironment().availableFontFamilyNames.isNotEmpty() }
        .getOrDefault(false)

/** A run in which every benchmark took what [nanos] says, by name and size, and left [bytes] on the heap. */
internal fun figures(vararg nanos: Pair<String, Double>, size: Int? = 1024, bytes: Double? = 0.0): Figures =
    Figures(nanos.map { (name, time) -> Figure(name, size, time, 0.1, bytes) })

internal val MACHINE = Machine("Test CPU", 2, "Test OS 1", "Test VM 25", "4.2.0")

/** One result as JMH writes it. */
internal fun jmhResult(
    benchmark: String,
    score: Double,
    size: Int? = null,
    threads: Int = 1,
    bytes: Double? = null,
    unit: String = "ns/op",
    neighbours: String? = null,
): String {
    val given = listOfNotNull(size?.let { """"size": "$it"""" }, neighbours?.let { """"neighbours": "$it"""" })
    val params = if (given.isEmpty()) "" else given.joinToString(",", """"params": {""", "},")
    val garbage = bytes?.let { """"gc.alloc.rate.norm": {"score": $it, "scoreError": "NaN", "scoreUnit": "B/op"}""" }
    return """
        {"benchmark": "dev.leasehold.benchmarks.$benchmark", "threads": $threads, "forks": 3,
         "warmupIterations": 5, "warmupTime": "500 ms", "measurementIterations": 4, "measurementTime": "1 s", $params
         "primaryMetric": {"score": $score, "scoreError": "NaN", "scoreUnit": "$unit"},
         "secondaryMetrics": {${garbage.orEmpty()}}}
    """.trimIndent()
}
