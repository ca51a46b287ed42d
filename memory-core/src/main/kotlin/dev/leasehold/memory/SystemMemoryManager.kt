package dev.leasehold.memory

import dev.leasehold.memory.internal.block.BlockHome
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.GuardBytes
import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.LeaseTrace
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.budget.Account
import dev.leasehold.memory.internal.cache.RefCount
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.memory.internal.engine.PageDesk
import dev.leasehold.memory.internal.engine.PageHome
import dev.leasehold.memory.internal.engine.Requests
import dev.leasehold.memory.internal.engine.SlabEngine
import dev.leasehold.memory.internal.engine.Taken
import dev.leasehold.memory.internal.platform.Platform

/**
 * A manager of memory in this process: per-thread caches over slabs and spans of pages, and the system itself for blocks
 * of a mebibyte and more.
 *
 * Any number of them, each with its own limit, figures and memory: `SystemMemoryManager("index") { limit = 512.MiB }`,
 * or from Java [SystemMemoryManager.builder].
 *
 * **Ownership.** Whoever makes it closes it, after its blocks. **Threads.** Any. **Zeroed.** Not; see [MemoryManager].
 * **Cost.** A manager holds nothing from the system until it is first used; each thread that allocates in it gets a cache
 * of its own there, which [ManagerOptions.idleBound] does not count.
 *
 * @sample dev.leasehold.memory.samples.managerUnderABudget
 */
public class SystemMemoryManager internal constructor(
    private val settings: ManagerSettings,
    private val platform: Platform = Platform.current,
) : MemoryManager(settings.name),
    BlockSource,
    PageSource {
    /**
     * Makes a manager for one subsystem, with the default options. The caller owns it and closes it.
     *
     * @param name what figures and errors call it
     * @throws ManagerConfigurationException when the name is blank
     */
    public constructor(name: String) : this(ManagerSettings.of(name, ManagerOptions()))

    /**
     * Makes a manager for one subsystem. The caller owns it and closes it.
     *
     * @param name what figures and errors call it
     * @param configure sets its options
     * @throws ManagerConfigurationException when the name is blank or figures contradict each other
     * @throws BudgetClosedException when its budget is closed
     */
    public constructor(name: String, configure: ManagerOptions.() -> Unit) :
        this(ManagerSettings.of(name, ManagerOptions().apply(configure)))

    private val account = Account(settings.name, settings.limit, settings.budget.node)
    private val watchers = BlockWatchers()
    private val watched = settings.checked || settings.traceSites

    // Replaced by clear.
    @Volatile
    private var engine = newEngine()

    // Of engines that were cleared. Under this object's lock.
    private var formerRents = 0L
    private var formerHits = 0L

    private fun newEngine() = SlabEngine(
        owner = this,
        poolName = settings.name,
        account = account,
        idleBound = settings.idleBound,
        hygiene = HygieneAction(zeroOnRent = false, fillOnClose = false, pattern = 0),
        quarantineBytes = settings.quarantineBytes,
        quarantineBlocks = settings.quarantineBlocks,
        platform = platform,
        largestClass = LARGEST_CLASS,
    )

    // The budget's tree holds this only weakly, and it holds the manager.
    private val drawer = ManagerDrawer(this)

    init {
        settings.budget.attach(account, drawer)
    }

    override val budget: MemoryBudget get() = settings.budget

    override val limit: Long get() = settings.limit

    // Memory comes in pages, so the last bytes of a limit that is no multiple of them are never reached.
    override val maxAllocation: Long
        get() = minOf(limit and -Platform.current.pageSize, Requests.MOST_BYTES) -
            if (settings.checked) GuardBytes.LEAST_AROUND else 0

    @Volatile
    private var closed = false

    override val isClosed: Boolean get() = closed

    // The machine code of this must stay below 2,500 bytes, as that of SlabPool.rentLease, and for the same reason.
    override fun allocate(size: Long): Block {
        if (watched) return allocateFor(size, NATURAL)
        val engine = engine
        var cache = engine.cacheOf(Thread.currentThread())
        var home = engine.anyThread
        var code = 0
        var address = 0L
        if (cache != null && java.lang.Long.compareUnsigned(size - 1, LARGEST_CLASS) < 0) {
            code = SizeClasses.indexOf(size)
            address = cache.take(code)
        }
        if (address == 0L) {
            requireSize(size)
            val taken = takeSlow(engine, size, NATURAL) ?: return allocate(size)
            if (taken.home !== home) cache = null
            home = taken.home
            code = taken.code
            address = taken.address
        }
        // One place makes the block, whatever way its memory came: so escape analysis sees one allocation.
        return block(engine, cache, home, address, code, size)
    }

    override fun allocate(size: Long, alignment: Long): Block = allocateFor(size, checkAlignment(alignment))

    override fun allocateZeroed(size: Long): Block = allocateFor(size, NATURAL).also(Block::zeroAll)

    override fun allocateZeroed(size: Long, alignment: Long): Block = allocate(size, alignment).also(Block::zeroAll)

    override fun allocateFor(size: Long, alignment: Long): Block {
        requireSize(size)
        while (true) {
            val engine = engine
            if (watched && size > 0) return allocateWatched(engine, size, alignment) ?: continue
            val taken = takeSlow(engine, size, alignment) ?: continue
            val cache = if (taken.home === engine.anyThread) engine.cacheOf(Thread.currentThread()) else null
            return block(engine, cache, taken.home, taken.address, BlockKind.of(taken.code, alignment), size)
        }
    }

    private fun block(
        engine: SlabEngine,
        cache: ThreadCache?,
        home: BlockHome,
        address: Long,
        kind: Int,
        size: Long,
    ): Block {
        try {
            val bias = cache?.bias
            val generation = bias?.generationOfNext() ?: 0
            val count = RefCount(if (generation == 0) null else bias, generation)
            return Block(engine, cache, home, address, size, kind, count)
        } catch (failure: Throwable) {
            // The heap is exhausted, or the like: the memory must not be lost with it.
            home.giveBack(address, BlockKind.code(kind), size)
            throw failure
        }
    }

    private fun allocateWatched(engine: SlabEngine, size: Long, alignment: Long): Block? {
        val guards = if (settings.checked) GuardBytes(alignment) else null
        val taken = takeSlow(engine, guards?.around(size) ?: size, guards?.front ?: alignment) ?: return null
        return watch(engine, taken, size, alignment, guards)
    }

    private fun watch(engine: SlabEngine, taken: Taken, size: Long, alignment: Long, guards: GuardBytes?): Block {
        try {
            val watch = BlockWatch(engine, taken, size, guards, watchers, name)
            val kind = BlockKind.of(taken.code, alignment)
            val block = Block(engine, null, watch, watch.address, size, kind, RefCount(null, 0))
            LeaseTrace.watch(block, watch.trace)
            watch.start()
            return block
        } catch (failure: Throwable) {
            taken.home.giveBack(taken.address, taken.code, size)
            throw failure
        }
    }

    /** Takes memory for [size] bytes; null when [engine] was cleared meanwhile, and another one has taken its place. */
    private fun takeSlow(engine: SlabEngine, size: Long, alignment: Long): Taken? {
        if (closed) throw closedException()
        if (size == 0L) return engine.nothing
        engine.requests.take(size, alignment)?.let { return it }
        if (engine.cleared && !closed) return null
        throw refusal(engine, size)
    }

    private fun closedException() = ManagerClosedException(ManagerRefusals.closed(name), name)

    // Closed meanwhile is a reason of its own.
    private fun refusal(engine: SlabEngine, size: Long): RuntimeException =
        if (closed) closedException() else exhausted(engine, size)

    override fun requireSize(size: Long) {
        if (size < 0) throw InvalidSizeException(ManagerRefusals.negative(name, size), size)
        val most = maxAllocation
        if (size > most) {
            throw InvalidSizeException(ManagerRefusals.tooLarge(name, size, most, most < Requests.MOST_BYTES), size)
        }
    }

    private fun exhausted(engine: SlabEngine, size: Long): RuntimeException {
        account.refusalAbove?.let { return MemoryBudgetRefusals.exceededBy("manager '$name'", name, size, it) }
        val charged = account.reserved - account.transferred
        return MemoryExhaustedException(
            ManagerRefusals.exhausted(name, size, limit, charged, engine.tally().usedBytes),
            name,
            size,
        )
    }

    // ---- pages ----

    override val pageSize: Long get() = platform.pageSize

    override fun allocatePages(count: Int): PageRun {
        requirePages(count)
        while (true) {
            val engine = engine
            if (closed) throw closedException()
            val taken = engine.pages.take(count)
            if (taken != null) return pageRun(engine, taken, count * pageSize)
            if (closed || !engine.cleared) throw refusal(engine, count * pageSize)
        }
    }

    private fun pageRun(engine: SlabEngine, taken: Taken, size: Long): PageRun {
        val guards = if (settings.checked) GuardBytes.NONE else null
        val block = if (watched) {
            watch(engine, taken, size, NATURAL, guards)
        } else {
            block(engine, null, taken.home, taken.address, taken.code, size)
        }
        val home = taken.home as PageHome
        try {
            return PageRun(block, home, this).also { home.holder = it }
        } catch (failure: Throwable) {
            // The heap is exhausted: the pages must not be lost with it.
            block.close()
            throw failure
        }
    }

    override fun requirePages(count: Int) {
        val size = count * pageSize
        if (count <= 0) throw InvalidSizeException(PageRefusals.none(name, count), size)
        val most = minOf(limit / pageSize, PageDesk.MOST_PAGES)
        if (count > most) {
            val isLimit = most < PageDesk.MOST_PAGES
            throw InvalidSizeException(PageRefusals.tooMany(name, count, pageSize, most, isLimit), size)
        }
    }

    override fun findPages(id: Long): PageRun? = (engine.pages.find(id)?.holder as PageRun?)?.takeIf { it.tryRetain() }

    // ---- figures, trim, close ----

    @Synchronized
    override fun stats(): ManagerStatistics {
        val tally = engine.tally()
        val reserved = account.reserved
        val used = tally.usedBytes.coerceIn(0, reserved)
        val quarantined = tally.quarantinedIn.coerceIn(0, reserved - used)
        return ManagerStatistics(
            used = used,
            reserved = reserved,
            idle = reserved - used - quarantined,
            quarantined = quarantined,
            peak = account.mostReserved,
            limit = limit,
            blocks = tally.openLeases.coerceAtLeast(0),
            allocations = formerRents + tally.rents,
            hits = formerHits + tally.hits,
        )
    }

    override fun trim(): Long = engine.trim()

    @Synchronized
    override fun clear() {
        if (settings.ofProcess) throw UnsupportedOperationException(ManagerRefusals.SYSTEM_CLEAR)
        val former = engine
        val next = newEngine()
        if (closed) check(next.close().openLeases == 0L)
        engine = next
        former.abandon()
        watchers.clear()
        // Not before: until then it may still have given something out.
        val tally = former.tally()
        formerRents += tally.rents
        formerHits += tally.hits
    }

    @Synchronized
    override fun close() {
        if (settings.ofProcess) throw UnsupportedOperationException(ManagerRefusals.SYSTEM_CLOSE)
        if (closed) return
        closed = true
        val tally = engine.close()
        if (tally.openLeases > 0) {
            val dump = if (watched) watchers.dump() else null
            throw OutstandingBlocksException(
                ManagerRefusals.outstanding(name, tally.openLeases, tally.usedBytes, dump),
                name,
                tally.openLeases,
                tally.usedBytes,
            )
        }
    }

    /** Makes managers for Java. */
    public companion object {
        /** Starts a manager whose options are set one call each: for Java. Kotlin has the constructor with a block. */
        @JvmStatic
        public fun builder(name: String): ManagerBuilder = ManagerBuilder(name)

        /** From one byte more on a block has a mapping of its own, which the system can grow without a copy. */
        private const val LARGEST_CLASS = SizeClasses.LARGEST - 1
    }
}

/** Holds the manager of [MemoryManager.system], made when it is first asked for. */
internal object SystemManager {
    @JvmField val instance: MemoryManager =
        SystemMemoryManager(ManagerSettings.of("system", ManagerOptions(), ofProcess = true))
}
