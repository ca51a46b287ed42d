package dev.leasehold.benchmarks.report

import dev.leasehold.benchmarks.report.Figures.Companion.ACCESS
import dev.leasehold.benchmarks.report.Figures.Companion.CONTENTION
import dev.leasehold.benchmarks.report.Figures.Companion.HAND_OFF
import dev.leasehold.benchmarks.report.Figures.Companion.MANAGER
import dev.leasehold.benchmarks.report.Figures.Companion.MANAGER_CHURN
import dev.leasehold.benchmarks.report.Figures.Companion.RENT
import dev.leasehold.benchmarks.report.Figures.Companion.RESIZE
import dev.leasehold.benchmarks.report.Figures.Companion.SCOPE
import dev.leasehold.benchmarks.report.Figures.Companion.SUSPEND

/**
 * One aim of the project for the library's speed.
 *
 * @property promise the bar in words
 * @property unit what follows a figure: `×`, ` ns` or ` B/op`
 * @property limit the figure to reach
 * @property atLeast whether more is better; else less is
 * @property measure the figure out of a run, or null when the run lacks a part of it
 */
internal class Bar(
    val promise: String,
    val unit: String,
    val limit: Double,
    val atLeast: Boolean,
    val measure: (Figures) -> Double?,
) {
    /** Whether [measured] is as good as promised. */
    fun isReachedBy(measured: Double): Boolean = if (atLeast) measured >= limit else measured <= limit

    override fun toString(): String = promise
}

/** What the manager keeps in a thread's cache. */
private val CACHED_SIZES = listOf(16, 64, KIB, 64 * KIB)

private val RENT_SIZES = listOf(64, KIB, 64 * KIB)

private val BLOCK_SIZES = CACHED_SIZES + (KIB * KIB)

/** Every bar that the library has set itself; the only place where they stand. */
internal val BARS: List<Bar> = buildList {
    val netty = Rivals("the better Netty", "nettyPooled", "nettyAdaptive")
    val waitingRivals =
        Rivals("the better of semaphore and channel", "semaphoreAndNettyContended", "channelPoolContended")
    add(faster(RENT, "lease", KIB, netty, 10.0))
    add(faster(RENT, "lease", KIB, Rivals("confinedArena", "confinedArena"), 6.0))
    add(within(RENT, "lease", KIB, "mallocFree", 0.6))
    add(garbage(RENT, "lease", KIB, 0))
    add(faster(RENT, "leaseEscaping", KIB, netty, 2.0))
    RENT_SIZES.forEach { add(faster(RENT, "sharedLease", it, netty, 2.0)) }
    add(faster(RENT, "sharedLease", KIB, Rivals("sharedArena", "sharedArena"), 500.0))
    add(garbage(RENT, "sharedLease", KIB, 72))
    add(within(SCOPE, "eightAllocations", null, "lease", 3.0))
    add(garbage(SCOPE, "eightAllocations", null, 0))
    add(within(SCOPE, "scopedRent", null, "lease", 3.0))
    add(faster(HAND_OFF, "sharedLease", null, netty, 2.0))
    add(flat("lease"))
    add(flat("sharedLease"))
    listOf("sumBytes", "sumInts", "sumLongs", "copy", "fill").forEach { add(likeAnArray(it)) }
    CACHED_SIZES.forEach { add(within(MANAGER, "leasehold", it, "mallocFree", 1.5)) }
    BLOCK_SIZES.forEach { add(faster(MANAGER, "leasehold", it, netty, 5.0)) }
    BLOCK_SIZES.forEach { add(faster(MANAGER_CHURN, "leasehold", it, netty, 2.0)) }
    CACHED_SIZES.forEach { add(budget(it)) }
    add(faster(RESIZE, "resize", null, Rivals("allocate, copy, free", "allocateCopyFree", "mallocCopyFree"), 50.0))
    add(within(SUSPEND, "withLease", KIB, "sharedLease", 1.5))
    add(noMoreGarbage(SUSPEND, "withLease", KIB, "sharedLease"))
    add(faster(SUSPEND, "withLease", KIB, Rivals("semaphoreAndNetty", "semaphoreAndNetty"), 3.0))
    add(faster(SUSPEND, "withLease", KIB, Rivals("channelPool", "channelPool"), 3.0))
    add(faster(SUSPEND, "withLeaseContended", null, waitingRivals, 1.5))
}

private const val KIB = 1024

/** The thread counts beside one. */
private val CROWDS = listOf(2, 4, 8)

private val ACCESS_SIZES = listOf(KIB, 64 * KIB)

private class Rivals(val name: String, vararg val methods: String)

private fun faster(family: String, method: String, size: Int?, rivals: Rivals, times: Double) = Bar(
    "$family: `$method`${at(size)} ≥ ${bound(times)}× faster than ${rivals.name}",
    "×",
    times,
    atLeast = true,
) { figures ->
    val own = figures.find("$family.$method", size)
    val best = rivals.methods.map { figures.find("$family.$it", size) }
    if (own == null || null in best) null else best.filterNotNull().minOf { it.nanos } / own.nanos
}

private fun within(family: String, method: String, size: Int?, base: String, times: Double) = Bar(
    "$family: `$method`${at(size)} ≤ ${bound(times)}× the time of `$base`",
    "×",
    times,
    atLeast = false,
) { figures -> ratio(figures.find("$family.$method", size), figures.find("$family.$base", size)) }

private fun garbage(family: String, method: String, size: Int?, bytes: Int) = Bar(
    "$family: `$method`${at(size)} ≤ $bytes B/op of garbage",
    " B/op",
    // JMH counts what the harness allocates as well, a fraction of a byte for each operation.
    bytes + 0.5,
    atLeast = false,
) { figures -> figures.find("$family.$method", size)?.bytes }

private fun noMoreGarbage(family: String, method: String, size: Int?, base: String) = Bar(
    "$family: `$method`${at(size)} allocates nothing more than `$base`",
    " B/op",
    // Both have a few bytes for each thousand operations, which vary; an object has 16.
    8.0,
    atLeast = false,
) { figures ->
    val own = figures.find("$family.$method", size)?.bytes
    val plain = figures.find("$family.$base", size)?.bytes
    if (own == null || plain == null) null else own - plain
}

private fun flat(method: String) = Bar(
    "$CONTENTION: `$method` by 2, 4 and 8 threads ≤ 1.3× the time of one, for each operation and core",
    "×",
    1.3,
    atLeast = false,
) { figures ->
    val alone = figures.find("$CONTENTION.${method}1")
    worst(CROWDS.map { ratio(figures.find("$CONTENTION.$method$it"), alone) })
}

private fun budget(size: Int) = Bar(
    "$MANAGER: a budget three levels deep adds ≤ 1 ns to `leasehold`${at(size)}",
    " ns",
    1.0,
    atLeast = false,
) { figures ->
    val plain = figures.find("$MANAGER.leasehold", size)
    val budgeted = figures.find("$MANAGER.leaseholdBudgeted", size)
    if (plain == null || budgeted == null) null else budgeted.nanos - plain.nanos
}

private fun likeAnArray(work: String) = Bar(
    "$ACCESS: `$work` through a `Segment` ≤ 1.1× the time of a `byte[]`, at 1 and 64 KiB",
    "×",
    1.1,
    atLeast = false,
) { figures ->
    worst(
        ACCESS_SIZES.map {
            ratio(figures.find("$ACCESS.${work}Segment", it), figures.find("$ACCESS.${work}Array", it))
        },
    )
}

private fun ratio(own: Figure?, base: Figure?): Double? = if (own != null &&
    base != null
) {
    own.nanos / base.nanos
} else {
    null
}

private fun worst(ratios: List<Double?>): Double? = if (null in ratios) null else ratios.filterNotNull().max()

private fun bound(times: Double): String = times.toString().removeSuffix(".0")

private fun at(size: Int?): String = if (size == null) "" else " at ${sizeName(size)}"
