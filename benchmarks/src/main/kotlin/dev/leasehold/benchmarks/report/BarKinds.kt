package dev.leasehold.benchmarks.report

import dev.leasehold.benchmarks.report.Figures.Companion.ACCESS
import dev.leasehold.benchmarks.report.Figures.Companion.ALONE
import dev.leasehold.benchmarks.report.Figures.Companion.BESIDE_BUSY
import dev.leasehold.benchmarks.report.Figures.Companion.BUSY
import dev.leasehold.benchmarks.report.Figures.Companion.CONTENTION
import dev.leasehold.benchmarks.report.Figures.Companion.MANAGER

/**
 * Those to be compared with, of which the fastest counts.
 *
 * @property name what they are called together
 * @property methods their methods, in the same class
 */
internal class Rivals(val name: String, val methods: List<String> = listOf(name)) {
    constructor(name: String, first: String, vararg more: String) : this(name, listOf(first) + more)
}

internal fun faster(family: String, method: String, size: Int?, rivals: Rivals, times: Double) = Bar(
    "$family: `$method`${at(family, size)} ≥ ${bound(times)}× faster than ${rivals.name}",
    "×",
    times,
    atLeast = true,
) { figures -> speed(figures, family, method, size, rivals) }

internal fun atSpeedOf(family: String, method: String, size: Int?, rivals: Rivals, times: Double) = Bar(
    "$family: `$method`${at(family, size)} ≥ ${bound(times)}× the speed of ${rivals.name}",
    "×",
    times,
    atLeast = true,
) { figures -> speed(figures, family, method, size, rivals) }

internal fun atSpeedOf(family: String, method: String, size: Int?, rival: String, times: Double) =
    atSpeedOf(family, method, size, Rivals(rival), times)

internal fun within(family: String, method: String, size: Int?, base: String, times: Double) = Bar(
    "$family: `$method`${at(family, size)} ≤ ${bound(times)}× the time of `$base`",
    "×",
    times,
    atLeast = false,
) { figures -> ratio(figures.find("$family.$method", size), figures.find("$family.$base", size)) }

/** The time beside that of the fastest of [rivals]. */
internal fun within(family: String, method: String, size: Int?, rivals: Rivals, times: Double) = Bar(
    "$family: `$method`${at(family, size)} ≤ ${bound(times)}× the time of ${rivals.name}",
    "×",
    times,
    atLeast = false,
) { figures -> speed(figures, family, method, size, rivals)?.let { 1 / it } }

internal fun atMost(family: String, method: String, size: Int?, nanos: Number) = Bar(
    "$family: `$method`${at(family, size)} ≤ $nanos ns",
    " ns",
    nanos.toDouble(),
    atLeast = false,
) { figures -> figures.find("$family.$method", size)?.nanos }

internal fun withinMillis(family: String, method: String, millis: Int) = Bar(
    "$family: `$method` ≤ $millis ms",
    " ms",
    millis.toDouble(),
    atLeast = false,
) { figures -> figures.find("$family.$method")?.let { it.nanos / NANOS_A_MILLI } }

internal fun withinMicros(family: String, method: String, micros: Int) = Bar(
    "$family: `$method` ≤ $micros µs",
    " µs",
    micros.toDouble(),
    atLeast = false,
) { figures -> figures.find("$family.$method")?.let { it.nanos / NANOS_A_MICRO } }

internal fun garbage(family: String, method: String, size: Int?, bytes: Int) = Bar(
    "$family: `$method`${at(family, size)} ≤ $bytes B/op of garbage",
    " B/op",
    // JMH counts what the harness allocates as well, a fraction of a byte for each operation.
    bytes + 0.5,
    atLeast = false,
) { figures -> figures.find("$family.$method", size)?.bytes }

internal fun noMoreGarbage(family: String, method: String, size: Int?, base: String) = Bar(
    "$family: `$method`${at(family, size)} allocates nothing more than `$base`",
    " B/op",
    // Both have a few bytes for each thousand operations, which vary; an object has 16.
    8.0,
    atLeast = false,
) { figures ->
    val own = figures.find("$family.$method", size)?.bytes
    val plain = figures.find("$family.$base", size)?.bytes
    if (own == null || plain == null) null else own - plain
}

internal fun flat(method: String) = Bar(
    "$CONTENTION: `$method` by 2, 4 and 8 threads ≤ 1.3× the time of one, for each operation and core",
    "×",
    1.3,
    atLeast = false,
) { figures ->
    val alone = figures.find("$CONTENTION.${method}1")
    worst(listOf(2, 4, 8).map { ratio(figures.find("$CONTENTION.$method$it"), alone) })
}

/** The speed beside [rivals] when the cores are busy, over that when nothing else runs. */
internal fun steady(method: String, size: Int?, rivals: Rivals) = Bar(
    "$BUSY: `$method`${at(BUSY, size)} beside busy neighbours keeps ≥ 0.5× of its speed beside ${rivals.name}",
    "×",
    0.5,
    atLeast = true,
) { figures ->
    fun speedWith(neighbours: String): Double? {
        val beside = Rivals(rivals.name, rivals.methods.map { it + neighbours })
        return speed(figures, BUSY, method + neighbours, size, beside)
    }
    val alone = speedWith(ALONE)
    val busy = speedWith(BESIDE_BUSY)
    if (alone == null || busy == null) null else busy / alone
}

internal fun budget(size: Int) = Bar(
    "$MANAGER: a budget three levels deep adds ≤ 1 ns to `leasehold`${at(MANAGER, size)}",
    " ns",
    1.0,
    atLeast = false,
) { figures ->
    val plain = figures.find("$MANAGER.leasehold", size)
    val budgeted = figures.find("$MANAGER.leaseholdBudgeted", size)
    if (plain == null || budgeted == null) null else budgeted.nanos - plain.nanos
}

internal fun likeAnArray(work: String, sizes: List<Int>) = Bar(
    "$ACCESS: `$work` through a `Segment` ≤ 1.1× the time of a `byte[]`, at ${sizes.joinToString { sizeName(it) }}",
    "×",
    1.1,
    atLeast = false,
) { figures ->
    worst(sizes.map { ratio(figures.find("$ACCESS.${work}Segment", it), figures.find("$ACCESS.${work}Array", it)) })
}

/** How many times as fast as the best of [rivals], all of which must have been measured. */
private fun speed(figures: Figures, family: String, method: String, size: Int?, rivals: Rivals): Double? {
    val own = figures.find("$family.$method", size)
    val best = rivals.methods.map { figures.find("$family.$it", size) }
    return if (own == null || null in best) null else best.filterNotNull().minOf { it.nanos } / own.nanos
}

private fun ratio(own: Figure?, base: Figure?): Double? =
    if (own == null || base == null) null else own.nanos / base.nanos

private fun worst(ratios: List<Double?>): Double? = if (null in ratios) null else ratios.filterNotNull().max()

private fun bound(times: Double): String = times.toString().removeSuffix(".0")

private fun at(family: String, size: Int?): String = if (size == null) "" else " at ${sizeName(family, size)}"

private const val NANOS_A_MILLI = 1e6
private const val NANOS_A_MICRO = 1e3
