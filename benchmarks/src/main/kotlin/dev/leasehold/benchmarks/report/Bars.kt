package dev.leasehold.benchmarks.report

import dev.leasehold.benchmarks.report.Figures.Companion.BITMAP
import dev.leasehold.benchmarks.report.Figures.Companion.COLLECTION
import dev.leasehold.benchmarks.report.Figures.Companion.HANDLE
import dev.leasehold.benchmarks.report.Figures.Companion.HAND_OFF
import dev.leasehold.benchmarks.report.Figures.Companion.LIMIT
import dev.leasehold.benchmarks.report.Figures.Companion.MANAGER
import dev.leasehold.benchmarks.report.Figures.Companion.MANAGER_CHURN
import dev.leasehold.benchmarks.report.Figures.Companion.MANAGER_HAND_OFF
import dev.leasehold.benchmarks.report.Figures.Companion.MAPPED_LOCK
import dev.leasehold.benchmarks.report.Figures.Companion.OBJECT_POOL
import dev.leasehold.benchmarks.report.Figures.Companion.RENT
import dev.leasehold.benchmarks.report.Figures.Companion.RESIZE
import dev.leasehold.benchmarks.report.Figures.Companion.RING
import dev.leasehold.benchmarks.report.Figures.Companion.SCOPE
import dev.leasehold.benchmarks.report.Figures.Companion.SERVICE
import dev.leasehold.benchmarks.report.Figures.Companion.SMALL_BUFFER
import dev.leasehold.benchmarks.report.Figures.Companion.STRUCT
import dev.leasehold.benchmarks.report.Figures.Companion.SUSPEND

private const val KIB = 1024
private const val MIB = KIB * KIB

private val RENT_SIZES = listOf(64, KIB, 64 * KIB)
private val HAND_OFF_SIZES = RENT_SIZES + MIB

/** How many objects are looked at, all in the processor's caches. */
private const val HANDLES = 4096

private val LIMIT_SIZES = listOf(KIB, 64 * KIB)
private val STRUCT_COUNTS = listOf(KIB, MIB)

/** What the manager keeps in a thread's cache. */
private val CACHED_SIZES = listOf(16) + RENT_SIZES

private val NETTY = Rivals("the better Netty", "nettyPooled", "nettyAdaptive")

/** Every bar that the library has set itself; the only place where they stand. */
internal val BARS: List<Bar> =
    rentBars() + scopeBars() + handOffBars(HAND_OFF, "sharedLease") + handOffBars(MANAGER_HAND_OFF, "leasehold") +
        contentionBars() + accessBars() + managerBars() + resizeBars() + limitBars() + suspendBars() + busyBars() +
        serviceBars() + structBars() + objectPoolBars() + handleBars() + smallBufferBars() + collectionBars() +
        ringBars() + bitmapBars() + mappedBars() + mappedLockBars() + permanentBars()

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

private fun collectionBars() = buildList {
    for ((work, times) in listOf("hit" to 0.8, "miss" to 1.1, "refill" to 1.0, "overwrite" to 1.5, "grow" to 1.2)) {
        val of = Figures.entries(1_000_000)
        val rivals = Rivals("the better of Agrona and fastutil", "${work}Agrona$of", "${work}Fastutil$of")
        add(within(COLLECTION, "${work}Leasehold$of", null, rivals, times))
    }
    for (work in listOf("addToList", "sumList", "visitList", "queue", "stack")) {
        add(within(COLLECTION, "${work}Leasehold", null, Rivals("fastutil's over an `int[]`", "${work}Fastutil"), 1.2))
    }
}

private fun limitBars() = LIMIT_SIZES.flatMap { size ->
    listOf("slabPool", "fixedPool", "manager", "budgetTree").flatMap { source ->
        listOf(1, 4).map { within(LIMIT, "$source$it", size, "sharedLease", 3.0) }
    } +
        listOf("slabPoolRefused", "fixedPoolRefused", "budgetTreeRefused", "sharedBudgetRefused").map {
            atMost(LIMIT, it, size, 300)
        }
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

private fun structBars() = STRUCT_COUNTS.flatMap { count ->
    listOf(
        within(STRUCT, "forEach", count, "byHand", 1.1),
        within(STRUCT, "index", count, "byHand", 1.5),
        within(STRUCT, "randomField", count, "randomFieldByHand", 1.15),
        within(STRUCT, "records", count, "recordsByHand", 1.25),
        within(STRUCT, "columns", count, "columnsByHand", 1.1),
        garbage(STRUCT, "forEach", count, 0),
        garbage(STRUCT, "records", count, 0),
    )
} + listOf(
    faster(STRUCT, "forEach", MIB, Rivals("a list of objects", "objects"), 1.4),
    faster(STRUCT, "forEach", MIB, Rivals("a shuffled list of objects", "objectsShuffled"), 8.0),
)

private fun ringBars() = listOf(64, KIB).flatMap { size ->
    listOf("Alone", "1", "2").map { way ->
        val agrona = Rivals("the better form of Agrona's", "agronaClaim$way", "agronaWrite$way")
        atSpeedOf(RING, "ring$way", size, agrona, 0.8)
    } + garbage(RING, "ringAlone", size, 0)
}

private fun bitmapBars() = listOf(
    atMost(BITMAP, "oneBit", null, 30),
    atMost(BITMAP, "oneBitCrowded", null, 30),
    garbage(BITMAP, "oneBit", null, 0),
)

private fun mappedLockBars() = listOf("exclusive", "shared").flatMap { method ->
    listOf(
        atMost(MAPPED_LOCK, method, null, 20),
        within(MAPPED_LOCK, method, null, "reentrantLock", 1.5),
        garbage(MAPPED_LOCK, method, null, 0),
    )
}

private fun objectPoolBars() = listOf(
    atMost(OBJECT_POOL, "pooled", null, 6),
    garbage(OBJECT_POOL, "pooled", null, 0),
    within(OBJECT_POOL, "pooled", null, "mallocFree", 0.75),
    within(OBJECT_POOL, "pooled", null, "nettyRecycler", 0.75),
    within(OBJECT_POOL, "pooled", null, "queueOfObjects", 0.5),
    within(OBJECT_POOL, "pooled", null, "stormpot", 0.2),
    within(OBJECT_POOL, "pooled2", null, "pooled", 1.3),
    within(OBJECT_POOL, "holdable", null, "mallocFree", 1.1),
    faster(OBJECT_POOL, "handOver", null, Rivals("mallocFree", "mallocFreeHandOver"), 1.5),
)

private fun handleBars() = listOf(
    atMost(HANDLE, "contains", HANDLES, 1.5),
    atMost(HANDLE, "read", HANDLES, 4),
    within(HANDLE, "hold", HANDLES, "fetchAndAdd", 2.5),
    garbage(HANDLE, "read", HANDLES, 0),
)

/** Of 16 elements and of 1,600 between two drains. */
private fun smallBufferBars() = listOf(16, 1600).flatMap { items ->
    val own = "smallBuffer$items"
    val jctools = listOf("Xadd", "Unbounded", "Chunked").map { "jctools$it$items" }
    listOf(
        within(SMALL_BUFFER, own, null, "fetchAdd$items", 1.35),
        faster(SMALL_BUFFER, own, null, Rivals("concurrentLinkedQueue$items"), 2.5),
        within(SMALL_BUFFER, own, null, Rivals("the best JCTools queue", jctools), 1.15),
        garbage(SMALL_BUFFER, own, null, 0),
    )
}
