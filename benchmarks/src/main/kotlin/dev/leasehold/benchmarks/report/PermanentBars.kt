package dev.leasehold.benchmarks.report

import dev.leasehold.benchmarks.firstObtainMillis
import dev.leasehold.benchmarks.permanentWastePercent
import dev.leasehold.benchmarks.report.Figures.Companion.PERMANENT

/** Those that [PermanentBenchmark][dev.leasehold.benchmarks.PermanentBenchmark] measures. */
internal fun permanentBars(): List<Bar> = listOf(
    atMost(PERMANENT, "append", null, 15),
    garbage(PERMANENT, "append", null, 0),
    atMost(PERMANENT, "appender", null, 8),
    garbage(PERMANENT, "appender", null, 0),
    // 1.6 times as many a second from two threads.
    within(PERMANENT, "appender2", null, "appender", 1.25),
    atMost(PERMANENT, "obtain", null, 100),
    garbage(PERMANENT, "obtain", null, 0),
    withinMillis(PERMANENT, "listAnother", 1),
    withinMicros(PERMANENT, "refusal", 200),
    firstObtain("the first `obtain` of a process", afterPool = false),
    firstObtain("the first `obtain` of a process that has used a pool", afterPool = true),
    Bar("$PERMANENT: ≤ 1 % of what is appended is wasted", " %", 1.0, atLeast = false) { figures ->
        if (figures.of(PERMANENT).isEmpty()) null else permanentWastePercent()
    },
)

/** Judged with every run of [PERMANENT]: processes that are started for it. */
private fun firstObtain(what: String, afterPool: Boolean) = Bar(
    "$PERMANENT: $what ≤ 5 ms, the median of 20",
    " ms",
    5.0,
    atLeast = false,
) { figures -> if (figures.of(PERMANENT).isEmpty()) null else firstObtainMillis(afterPool) }
