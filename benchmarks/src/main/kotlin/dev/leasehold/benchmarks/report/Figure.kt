package dev.leasehold.benchmarks.report

/**
 * One benchmark's result at one set of parameters.
 *
 * @property benchmark class and method, such as `RentBenchmark.lease`; in [BusyBenchmark][Figures.BUSY] also who else
 *   is on the machine, in [CollectionBenchmark][Figures.COLLECTION] also how many entries there were
 * @property size the parameter `size` in bytes, or null when the benchmark has none
 * @property nanos nanoseconds for one operation (with several threads for themselves: of one core)
 * @property error half the width of JMH's 99.9 % confidence interval, in nanoseconds; NaN when there were too few
 *   iterations
 * @property bytes bytes allocated on the heap for one operation, or null when they were not counted
 */
internal data class Figure(
    val benchmark: String,
    val size: Int?,
    val nanos: Double,
    val error: Double,
    val bytes: Double?,
) {
    /** The class, such as `RentBenchmark`. */
    val family: String get() = benchmark.substringBefore('.')

    /** The method, such as `lease`. */
    val method: String get() = benchmark.substringAfter('.')

    /** Whether coroutines had to wait for one another. */
    val isContended: Boolean get() = method.endsWith(CONTENDED)

    /** Who did the work: the method, without the word for coroutines that wait. */
    val case: String get() = method.removeSuffix(CONTENDED)

    companion object {
        /** Ends the names of benchmarks in which coroutines have to wait for one another. */
        const val CONTENDED = "Contended"
    }
}

/** All the results of one run, found by name. */
internal class Figures(all: List<Figure>) {
    val all: List<Figure> = all.sortedWith(
        compareBy(
            { FAMILIES.indexOf(it.family) },
            { it.isContended },
            { it.size ?: 0 },
            { METHODS.indexOf(it.case.trimEnd(Char::isDigit)) },
        ),
    )

    /** The result of [benchmark] at [size], or null when the run did not include it. */
    fun find(benchmark: String, size: Int? = null): Figure? = all.find { it.benchmark == benchmark && it.size == size }

    fun of(family: String): List<Figure> = all.filter { it.family == family }

    /** What [figure] is set against in the table: the library's own plain case, or the byte array's. */
    fun baselineOf(figure: Figure): Figure? = find("${figure.family}.${baselineMethod(figure)}", figure.size)

    private fun baselineMethod(figure: Figure): String = when (figure.family) {
        HAND_OFF, LIMIT -> "sharedLease"
        MANAGER, MANAGER_CHURN, MANAGER_HAND_OFF -> "leasehold"
        RESIZE -> "resize"
        COLLECTION, MAPPED_DICTIONARY -> leaseholdsOwn(figure.method)
        MAPPED -> "inProcess"
        PERMANENT -> "append"
        SUSPEND -> if (figure.isContended) "withLease${Figure.CONTENDED}" else "withLease"
        SUSPEND_LOOP -> "plain"
        BUSY -> ownOfSameWork(figure.method)
        SERVICE -> "coroutines"
        STRUCT -> byHandOfSameWork(figure.method)
        RING -> if ("Alone" in figure.method) "ringAlone" else "ring" + figure.method.takeLast(1)
        BITMAP -> "oneBit"
        MAPPED_LOCK -> "exclusive"
        OBJECT_POOL -> "pooled"
        HANDLE -> "contains"
        SMALL_BUFFER -> "smallBuffer" + figure.method.takeLastWhile(Char::isDigit)
        CONTENTION -> figure.method.trimEnd(Char::isDigit) + "1"
        ACCESS -> figure.method.removeSuffix("Segment").removeSuffix("Array") + "Array"
        else -> "lease"
    }

    // The work begins the name, then who did it, and how many entries there were ends it.
    private fun leaseholdsOwn(method: String): String =
        method.replace(Regex("(Agrona|Fastutil|HashMap|Chronicle|Mapdb|Lmdb|Mvstore)(Of.*)?$"), "Leasehold$2")

    // The work begins the name, and who else is on the machine ends it.
    private fun ownOfSameWork(method: String): String = when {
        method.startsWith("rent") -> "rentSharedLease"
        method.startsWith("handOver") -> "handOverSharedLease"
        else -> "suspendWithLease"
    } + if (method.endsWith(BESIDE_BUSY)) BESIDE_BUSY else ALONE

    private fun byHandOfSameWork(method: String): String = when {
        method.startsWith("randomField") -> "randomFieldByHand"
        method.startsWith("column") -> "columnsByHand"
        method.startsWith("records") -> "recordsByHand"
        else -> "byHand"
    }

    companion object {
        const val RENT = "RentBenchmark"
        const val SCOPE = "ScopeBenchmark"
        const val HAND_OFF = "HandOffBenchmark"
        const val CONTENTION = "ContentionBenchmark"
        const val ACCESS = "AccessBenchmark"
        const val MANAGER = "ManagerBenchmark"
        const val MANAGER_CHURN = "ManagerChurnBenchmark"
        const val MANAGER_HAND_OFF = "ManagerHandOffBenchmark"
        const val RESIZE = "ResizeBenchmark"
        const val COLLECTION = "CollectionBenchmark"
        const val LIMIT = "LimitBenchmark"
        const val SUSPEND = "SuspendBenchmark"
        const val SUSPEND_LOOP = "SuspendLoopBenchmark"
        const val BUSY = "BusyBenchmark"
        const val SERVICE = "ServiceBenchmark"
        const val STRUCT = "StructBenchmark"
        const val OBJECT_POOL = "ObjectPoolBenchmark"
        const val HANDLE = "HandleBenchmark"

        /** Where the size is a number of elements, and not of bytes. */
        val COUNTED = setOf(STRUCT, HANDLE)
        const val MAPPED_LOCK = "MappedLockBenchmark"
        const val RING = "RingBenchmark"
        const val BITMAP = "BitmapBenchmark"
        const val SMALL_BUFFER = "SmallBufferBenchmark"
        const val MAPPED = "MappedBenchmark"
        const val MAPPED_DICTIONARY = "MappedDictionaryBenchmark"
        const val MAPPED_FILE = "MappedFileBenchmark"
        const val PERMANENT = "PermanentBenchmark"

        /** Ends the names in [BUSY] where nothing else runs. */
        const val ALONE = "Alone"

        /** Ends the names in [BUSY] where busy neighbours have the cores. */
        const val BESIDE_BUSY = "BesideBusy"

        /** Ends the names in [COLLECTION] that have a number of [entries]. */
        fun entries(entries: Int): String = "Of" + if (entries >= 1_000_000) "${entries / 1_000_000}M" else "$entries"

        /** In the order of the report. */
        val FAMILIES = listOf(
            RENT,
            SCOPE,
            HAND_OFF,
            CONTENTION,
            ACCESS,
            MANAGER,
            MANAGER_CHURN,
            MANAGER_HAND_OFF,
            RESIZE,
            COLLECTION,
            LIMIT,
            SUSPEND,
            SUSPEND_LOOP,
            BUSY,
            SERVICE,
            STRUCT,
            OBJECT_POOL,
            HANDLE,
            RING,
            BITMAP,
            MAPPED_LOCK,
            SMALL_BUFFER,
            MAPPED,
            MAPPED_DICTIONARY,
            MAPPED_FILE,
            PERMANENT,
        )

        // The library's own first; methods that are not named keep JMH's order, which is the alphabet's.
        private val METHODS = listOf(
            "withLease",
            "lease",
            "leaseEscaping",
            "eightAllocations",
            "scopedRent",
            "sharedLease",
            "keptView",
            "leasehold",
            "leaseholdShared",
            "leaseholdBudgeted",
            "resize",
            "coroutines",
            "threads",
            "smallBuffer",
            "smallObjectBuffer",
            "smallStructBuffer",
            "allocateCopyFree",
            "nettyPooled",
            "nettyAdaptive",
            "arrowUnsafe",
            "arrowNetty",
            "confinedArena",
            "confinedArenaEight",
            "sharedArena",
            "mallocFree",
            "mimalloc",
            "jemalloc",
            "mallocCopyFree",
            "realloc",
            "heapArray",
            "heap",
            "semaphoreAndNetty",
            "channelPool",
            *inDictionary("insert"),
            *inDictionary("update"),
            *inDictionary("get"),
            "viewLeasehold",
            *inDictionary("miss"),
        )

        private fun inDictionary(work: String) =
            arrayOf("Leasehold", "Chronicle", "Mapdb", "Lmdb", "Mvstore").map { work + it }.toTypedArray()
    }
}
