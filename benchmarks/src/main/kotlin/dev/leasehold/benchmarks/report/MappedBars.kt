package dev.leasehold.benchmarks.report

import dev.leasehold.benchmarks.mappedOverhead
import dev.leasehold.benchmarks.report.Figures.Companion.MAPPED
import dev.leasehold.benchmarks.report.Figures.Companion.MAPPED_DICTIONARY
import dev.leasehold.benchmarks.report.Figures.Companion.MAPPED_FILE

private const val KIB = 1024

/** Those that [MappedBenchmark][dev.leasehold.benchmarks.MappedBenchmark] and its neighbours measure. */
internal fun mappedBars(): List<Bar> = listOf(64, KIB).flatMap { size ->
    listOf(
        within(MAPPED, "mapped", size, "inProcess", 2.0),
        within(MAPPED, "mappedBesideAnother", size, "mapped", 1.15),
        garbage(MAPPED, "mapped", size, 0),
    )
} + dictionaryBars() + fileBars() + listOf(overhead(64, 13), overhead(KIB, 1))

private fun dictionaryBars() = listOf(
    faster(MAPPED_DICTIONARY, "updateLeasehold", null, mapsIn("update"), 2.5),
    faster(MAPPED_DICTIONARY, "insertLeasehold", null, mapsIn("insert"), 3.0),
    faster(MAPPED_DICTIONARY, "getLeasehold", null, mapsIn("get"), 1.7),
    faster(MAPPED_DICTIONARY, "viewLeasehold", null, mapsIn("get"), 2.0),
    faster(MAPPED_DICTIONARY, "getLeasehold", null, Rivals("LMDB", "getLmdb"), 3.0),
)

private fun mapsIn(work: String) = Rivals("the better of Chronicle Map and MapDB", "${work}Chronicle", "${work}Mapdb")

private fun fileBars() = listOf(
    withinMillis(MAPPED_FILE, "open", 3),
    withinMillis(MAPPED_FILE, "openAfterDeath", 10),
    withinMillis(MAPPED_FILE, "grow", 2),
    within(MAPPED_FILE, "commit", null, "forcePage", 3.0),
)

/** What a file needs beside the bytes of its blocks, as the file format fixes it: judged with every run of [MAPPED]. */
private fun overhead(size: Int, percent: Int) = Bar(
    "$MAPPED: a file has ≤ $percent % beside blocks of ${sizeName(size)}",
    " %",
    percent.toDouble(),
    atLeast = false,
) { figures -> if (figures.of(MAPPED).isEmpty()) null else mappedOverhead(size) * 100 }
