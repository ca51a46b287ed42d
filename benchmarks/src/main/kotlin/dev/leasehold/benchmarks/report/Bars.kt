package dev.leasehold.benchmarks.report

import dev.leasehold.benchmarks.report.Figures.Companion.HAND_OFF
import dev.leasehold.benchmarks.report.Figures.Companion.LIMIT
import dev.leasehold.benchmarks.report.Figures.Companion.MANAGER
import dev.leasehold.benchmarks.report.Figures.Companion.MANAGER_CHURN
import dev.leasehold.benchmarks.report.Figures.Companion.MANAGER_HAND_OFF
import dev.leasehold.benchmarks.report.Figures.Companion.RENT
import dev.leasehold.benchmarks.report.Figures.Companion.RESIZE
import dev.leasehold.benchmarks.report.Figures.Companion.SCOPE
import dev.leasehold.benchmarks.report.Figures.Companion.SERVICE
import dev.leasehold.benchmarks.report.Figures.Companion.SUSPEND

private const val KIB = 1024
private const val MIB = KIB * KIB

private val RENT_SIZES = listOf(64, KIB, 64 * KIB)
private val HAND_OFF_SIZES = RENT_SIZES + MIB
private val LIMIT_SIZES = listOf(KIB, 64 * KIB)

/** What the manager keeps in a thread's cache. */
private val CACHED_SIZES = listOf(16) + RENT_SIZES

private val NETTY = Rivals("the better Netty", "nettyPooled", "nettyAdaptive")

/** Every bar that the library has set itself; the only place where they stand. */
internal val BARS: List<Bar> =
    rentBars() + scopeBars() + handOffBars(HAND_OFF, "sharedLease") + handOffBars(MANAGER_HAND_OFF, "leasehold") +
        contentionBars() + accessBars() + managerBars() + resizeBars() + limitBars() + suspendBars() + busyBars() +
        serviceBars()

private fun rentBars() = buildList {
    add(faster(RENT, "lease", KIB, NETTY, 10.0))
    add(faster(RENT, "lease", KIB, Rivals("confinedArena"), 6.0))
    add(within(RENT, "lease", KIB, "mallocFree", 0.6))
    add(garbage(RENT, "lease", KIB, 0))
    add(faster(RENT, "leaseEscaping", KIB, NETTY, 2.0))
    RENT_SIZES.forEach { add(faster(RENT, "sharedLease", it, NETTY, 2.0)) }
    add(faster(RENT, "sharedLease", KIB, Rivals("sharedArena"), 500.0))
    add(garbage(RENT, "sharedLease", KIB, 72))
}

private fun scopeBars() = listOf(
    within(SCOPE, "eightAllocations", null, "lease", 3.0),
    garbage(SCOPE, "eightAllocations", null, 0),
    within(SCOPE, "scopedRent", null, "lease", 3.0),
)

private fun handOffBars(family: String, own: String) = HAND_OFF_SIZES.flatMap { size ->
    listOf(
        faster(family, own, size, NETTY, 1.2),
        faster(family, own, size, Rivals("mallocFree"), 1.2),
        atSpeedOf(family, own, size, "mimalloc", 0.7),
    )
} + garbage(family, own, KIB, 64)

private fun contentionBars() = listOf("lease", "sharedLease", "leasehold").map(::flat)

private fun accessBars() = listOf("sumBytes", "sumInts", "sumLongs").map { likeAnArray(it, LIMIT_SIZES) } +
    listOf("copy", "fill").map { likeAnArray(it, RENT_SIZES) }

private fun managerBars() = buildList {
    CACHED_SIZES.forEach { add(within(MANAGER, "leasehold", it, "mallocFree", 1.5)) }
    CACHED_SIZES.forEach { add(faster(MANAGER, "leasehold", it, NETTY, 5.0)) }
    add(faster(MANAGER, "leasehold", MIB, NETTY, 1.2))
    listOf(64, KIB).forEach { add(within(MANAGER_CHURN, "leasehold", it, "mallocFree", 1.5)) }
    CACHED_SIZES.forEach { add(faster(MANAGER_CHURN, "leasehold", it, NETTY, 2.0)) }
    add(faster(MANAGER_CHURN, "leasehold", MIB, NETTY, 1.2))
    CACHED_SIZES.forEach { add(budget(it)) }
}

private fun resizeBars() =
    listOf(faster(RESIZE, "resize", null, Rivals("allocate, copy, free", "allocateCopyFree", "mallocCopyFree"), 50.0))

private fun limitBars() = LIMIT_SIZES.flatMap { size ->
    listOf("slabPool", "fixedPool", "manager", "budgetTree").flatMap { source ->
        listOf(1, 4).map { within(LIMIT, "$source$it", size, "sharedLease", 3.0) }
    } + listOf("slabPoolRefused", "fixedPoolRefused", "budgetTreeRefused", "sharedBudgetRefused").map { atMost(LIMIT, it, size, 300) }
}

private fun suspendBars() = buildList {
    add(within(SUSPEND, "withLease", KIB, "sharedLease", 1.5))
    add(noMoreGarbage(SUSPEND, "withLease", KIB, "sharedLease"))
    add(faster(SUSPEND, "withLease", KIB, Rivals("semaphoreAndNetty"), 2.5))
    add(faster(SUSPEND, "withLease", 64 * KIB, Rivals("semaphoreAndNetty"), 3.0))
    RENT_SIZES.forEach { add(atSpeedOf(SUSPEND, "withLease", it, "channelPool", 1.0)) }
    val waiting = Rivals("the better of semaphore and channel", "semaphoreAndNettyContended", "channelPoolContended")
    add(atSpeedOf(SUSPEND, "withLeaseContended", null, waiting, 1.0))
}

private fun busyBars() = listOf(
    steady("rentLease", null, nettyAfter("rent")),
    steady("rentSharedLease", null, nettyAfter("rent")),
    steady("handOverSharedLease", KIB, nettyAfter("handOver")),
    steady("handOverSharedLease", 64 * KIB, nettyAfter("handOver")),
    steady("suspendWithLease", null, Rivals("suspendSemaphoreAndNetty")),
)

private fun nettyAfter(work: String) = Rivals("the better Netty", "${work}NettyPooled", "${work}NettyAdaptive")

private fun serviceBars() = listOf(atSpeedOf(SERVICE, "coroutines", null, "threads", 1.0))
