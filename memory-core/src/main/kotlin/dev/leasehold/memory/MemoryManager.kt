package dev.leasehold.memory

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.GuardBytes
import dev.leasehold.memory.internal.block.Holders
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.block.OwnerKind
import dev.leasehold.memory.internal.block.OwnerMessages
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.budget.BudgetMember
import dev.leasehold.memory.internal.budget.Holding
import dev.leasehold.memory.internal.cache.Bias
import dev.leasehold.memory.internal.cache.biasOf
import dev.leasehold.memory.internal.engine.Engine
import dev.leasehold.memory.internal.engine.EngineConfig
import dev.leasehold.memory.internal.engine.HeldSource
import dev.leasehold.memory.internal.engine.PageSource
import dev.leasehold.memory.internal.engine.Taken
import dev.leasehold.memory.internal.engine.Unclosed
import dev.leasehold.memory.internal.engine.orGiveBack
import dev.leasehold.memory.internal.engine.watch
import dev.leasehold.memory.internal.manager.BlockMessages
import dev.leasehold.memory.internal.manager.CheckedBlock
import dev.leasehold.memory.internal.manager.PageMessages
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.PageHome
import dev.leasehold.memory.internal.store.Occupancy
import java.util.concurrent.ConcurrentHashMap

/**
 * Where blocks come from: memory that is owned for as long as there is a reference to it.
 *
 * A pool *rents* for a moment; a manager *allocates* what lives on: caches, indexes, buffers that travel.
 *
 * | | made by | for |
 * |---|---|---|
 * | the process's own | [MemoryManager.system] | code without figures or a limit of its own; it cannot be closed |
 * | in process | [SystemMemoryManager] | one subsystem: own limit, own figures, own memory |
 * | over a file | `MappedMemoryManager` | what outlives the process, or is shared by several |
 *
 * **Ownership.** The code that makes a manager closes it. A block stays valid when its manager is closed, and is freed
 * without mention of it. A manager that became garbage without a close is closed then, and named in the log
 * (`UNCLOSED:`).
 * **Threads.** All functions may be called from any thread, also virtual ones.
 * **Zeroed.** Only where [allocateZeroed] or `zeroed = true` says so.
 * **Cost.** A few nanoseconds for an [allocate] and its close on one thread, up to some 32 KiB; see there.
 *
 * @sample dev.leasehold.memory.samples.countedBlock
 */
public abstract class MemoryManager internal constructor(
    options: ManagerOptions,
    private val config: EngineConfig,
    private val ofProcess: Boolean,
    private val newEngine: (EngineConfig) -> Engine,
) : AutoCloseable {
    private val leaf = config.leaf
    private val checked = options.checked
    private val watched = options.checked || options.traceSites

    // By the id of the first page.
    private val runs = ConcurrentHashMap<Long, PageRun>()

    // Replaced by clear.
    @Volatile private var engine = newEngine(config)

    private val unclosed = Unclosed(engine)

    private val closed: Boolean
        get() {
            while (true) {
                val seen = engine
                val isClosed = seen.state.closed
                // The engine that a clear takes away is closed, too, which says nothing about the manager.
                if (!isClosed || engine === seen) return isClosed
            }
        }

    // Of engines that were cleared. Under this object's lock.
    private var formerRents = 0L
    private var formerHits = 0L

    // The budget's tree holds this only weakly.
    private var member: BudgetMember? = null

    /** The manager, in messages. */
    internal val owner: Owner get() = config.owner

    /** Where its memory lies. */
    internal open val home: PageHome get() = config.platform.home

    /** The name that figures and errors carry. */
    public val name: String get() = owner.name

    /** The budget that this draws on. */
    public val budget: MemoryBudget = options.budget

    /**
     * The most bytes that this manager may hold from the system; [Long.MAX_VALUE] when only its [budget] bounds it.
     *
     * It can be changed at any time. When it is set below what is held, what lies idle goes back before this returns;
     * what is allocated stays, and requests are refused until enough has come back.
     *
     * @throws MemoryConfigurationException when it is set below one page
     */
    public var limit: Long
        get() = leaf.limit
        set(value) {
            owner.checkLimit(value)
            leaf.limit = value
            if (leaf.used > value) trim()
        }

    /** The most bytes that one block may have. */
    public val maxAllocation: Long get() = mostUnder(limit) - if (checked) GuardBytes.LEAST_AROUND else 0

    /** Whether the manager refuses to allocate because it has been closed. A moment's truth, for diagnosis. */
    public val isClosed: Boolean get() = closed

    /**
     * Allocates a block of [size] bytes, from 0 to beyond 2 GiB.
     *
     * **Ownership.** The caller holds the one reference to it, and closes it.
     * **Threads.** Any; so is the block's.
     * **Address.** A multiple of 16, from 64 bytes up of 64. A block without bytes costs nothing but the object.
     * **Zeroed.** Not: the bytes are what the memory's last user left.
     * **Cost.** A few nanoseconds when the thread's cache has a block, else a lock once for many blocks; from a
     * mebibyte on a call of the system, unless one such block is idle.
     *
     * @throws InvalidSizeException when [size] is negative or above [maxAllocation]
     * @throws MemoryExhaustedException when a limit or the system stops it
     * @throws ManagerClosedException when the manager is closed
     */
    // The machine code of this must stay below 2,500 bytes, as that of MemoryPool.rentLease, and for the same reason.
    public fun allocate(size: Long): Block {
        if (watched) return allocate(Request(size))
        val engine = engine
        val cache = engine.cacheOf(Thread.currentThread())
        var source = engine.anyThread
        var bias = cache?.bias
        var code = 0
        var address = 0L
        var attachment: Attachment? = null
        if (cache != null && java.lang.Long.compareUnsigned(size - 1, LARGEST_CLASS) < 0) {
            code = SizeClasses.indexOf(size)
            address = cache.takeRecorded(code)
        }
        if (address == 0L) {
            val taken = takeToHold(size)
            source = taken.source
            code = taken.code
            address = taken.address
            attachment = taken.attachment
            bias = taken.bias
        }
        // One place makes the block, whatever way its memory came: so escape analysis sees one allocation.
        return source.state.orGiveBack(source, address, code, size) {
            block(bias, source, address, code, size, attachment)
        }
    }

    /**
     * [allocate] at an address that is a multiple of [alignment]. Throws what [allocate] does, and:
     *
     * @throws InvalidAlignmentException when [alignment] is no power of two between 1 and the page size
     */
    public fun allocate(size: Long, alignment: Long): Block = allocate(Request(size, checkAlignment(alignment)))

    /** [allocate] of bytes that are zero, which costs about 20 ns more for 4 KiB. */
    public fun allocateZeroed(size: Long): Block = allocate(Request(size)).also(Block::zeroAll)

    /** [allocateZeroed] at an address that is a multiple of [alignment]: as [allocate] with one. */
    public fun allocateZeroed(size: Long, alignment: Long): Block = allocate(size, alignment).also(Block::zeroAll)

    /** Allocates a block for [request]. */
    internal fun allocate(request: Request): Block {
        requireSize(request.size)
        if (watched && request.size > 0) return allocateWatched(request)
        val taken = takeFor(request)
        val kind = BlockKind.of(taken.code, request.alignment)
        return orGivenBack(taken, request.size) {
            block(taken.bias, taken.source, taken.address, kind, request.size, taken.attachment)
        }
    }

    // One call, as MemoryPool.takeToShare.
    private fun takeToHold(size: Long): Taken {
        requireSize(size)
        return takeFor(Request(size))
    }

    private fun block(
        bias: Bias?,
        source: HeldSource,
        address: Long,
        kind: Int,
        size: Long,
        attachment: Attachment?,
    ): Block {
        val generation = bias?.generationOfNext() ?: 0
        val block = Block(this, biasOf(bias, generation), generation, source, address, size, kind, attachment)
        if (attachment != null) source.watch(attachment, address, BlockKind.code(kind), size)
        return block
    }

    private fun allocateWatched(request: Request): Block {
        val guards = if (checked) GuardBytes(request.alignment) else null
        val size = request.size
        val around = if (guards == null) request else Request(guards.around(size), guards.front)
        val taken = takeFor(around)
        val start = taken.address + (guards?.front ?: 0)
        val kind = BlockKind.of(taken.code, request.alignment)
        return orGivenBack(taken, around.size) {
            watching(taken.source, start, size, guards) { Block(this, null, 0, taken.source, start, size, kind, it) }
        }
    }

    /** A block of [size] bytes that [taken] is made of, which this manager's engine has found. */
    internal fun adopt(taken: Taken, size: Long): Block = orGivenBack(taken, size) {
        if (watched || engine.isSampled()) {
            watching(taken.source, taken.address, size, null) {
                Block(this, null, 0, taken.source, taken.address, size, taken.code, it)
            }
        } else {
            block(null, taken.source, taken.address, taken.code, size, null)
        }
    }

    /** The exception for [size] bytes that cannot be had. */
    internal fun refused(size: Long): RuntimeException = refusal(engine, size)

    private inline fun <B> orGivenBack(taken: Taken, size: Long, make: () -> B): B =
        taken.source.state.orGiveBack(taken.source, taken.address, taken.code, size, make = make)

    private inline fun <B : Block> watching(
        source: HeldSource,
        start: Long,
        size: Long,
        guards: GuardBytes?,
        make: (Attachment) -> B,
    ): B {
        val attachment = if (guards == null) {
            Attachment()
        } else {
            CheckedBlock(size, guards) { damage, it -> damaged(source, start, damage, it) }
        }
        attachment.trace = source.state.traces.start(size)
        val block = make(attachment)
        val from = start - attachment.front
        guards?.lay(from, size)
        source.watch(attachment, from, block.codeInFile, attachment.around(size))
        return block
    }

    private fun damaged(source: HeldSource, start: Long, damage: GuardBytes.Damage, of: CheckedBlock): MemoryException {
        val message = BlockMessages.damaged(source.describe(start, of.size), owner, damage, of.trace)
        return GuardBytesException(message, name, of.size, damage.offset)
    }

    private fun takeFor(request: Request): Taken {
        while (true) {
            val engine = engine
            val taken = takeSlow(engine, request) ?: continue
            taken.bias = engine.biasFor(taken.source)
            return taken
        }
    }

    /** Takes memory for [request]; null when [engine] was cleared meanwhile, and another one has taken its place. */
    private fun takeSlow(engine: Engine, request: Request): Taken? {
        if (closed) throw closedException()
        if (request.size == 0L) return engine.nothing
        // Before anything is taken: from then on there may be no stack for a call.
        val isSampled = !watched && engine.isSampled()
        engine.take(request)?.let { return traced(it, request, isSampled) }
        if (engine !== this.engine) return null
        throw refusal(engine, request.size)
    }

    // Inlined, so that what cannot be traced goes back from where it was taken.
    @Suppress("NOTHING_TO_INLINE")
    private inline fun traced(taken: Taken, request: Request, isSampled: Boolean): Taken {
        taken.attachment = null
        if (!isSampled) return taken
        return orGivenBack(taken, request.size) {
            taken.attachment = taken.source.state.traces.sample(request.size)
            taken
        }
    }

    private fun closedException() = ManagerClosedException(OwnerMessages.closed(owner), name)

    // Closed meanwhile is a reason of its own.
    private fun refusal(engine: Engine, size: Long): RuntimeException =
        if (closed) closedException() else engine.refusalOf(size) ?: exhausted(engine, limit, size)

    /** Refuses a size that no block may have. */
    internal fun requireSize(size: Long): Unit = checkSize(owner, size, limit, maxAllocation)

    // ---- pages ----

    /** How many bytes a page of [allocatePages] has: a power of two, the system's own unit. */
    public val pageSize: Long get() = config.platform.pageSize

    /**
     * Allocates [count] pages that lie together, which are found by number: see [PageRun].
     *
     * **Ownership.** The caller holds the one reference to the run, and closes it.
     * **Zeroed.** Not: the pages hold what their last user left.
     * **Cost.** A lock; a call of the system when no pages are idle.
     *
     * @throws InvalidSizeException when [count] is not positive, or above what the [limit] allows or a run can have
     * @throws MemoryExhaustedException when a limit or the system stops it
     * @throws ManagerClosedException when the manager is closed
     */
    public fun allocatePages(count: Int): PageRun {
        requirePages(count)
        while (true) {
            val engine = engine
            if (closed) throw closedException()
            val pages = engine.takePages(count)
            if (pages != null) return pageRun(pages, count * pageSize)
            if (engine === this.engine) throw refusal(engine, count * pageSize)
        }
    }

    private fun pageRun(pages: PageSource, size: Long): PageRun {
        val guards = if (checked) GuardBytes.NONE else null
        val run = orGivenBack(Taken(pages.address, BlockKind.LARGE, pages), size) {
            val make = { attachment: Attachment? -> PageRun(this, pages, size, attachment) }
            if (watched || engine.isSampled()) watching(pages, pages.address, size, guards, make) else make(null)
        }
        return entered(run, pages)
    }

    private fun entered(run: PageRun, pages: PageSource): PageRun {
        try {
            pages.onFree = { runs.remove(pages.id) }
            runs[run.id] = run
            return run
        } catch (failure: Throwable) {
            // The heap is full: the pages must not be lost with it.
            run.close()
            throw failure
        }
    }

    /** Refuses a number of pages that no run may have. */
    internal fun requirePages(count: Int) {
        val size = count * pageSize
        if (count <= 0) throw InvalidSizeException(PageMessages.none(owner, count), size)
        val most = minOf(limit / pageSize, engine.mostPages)
        if (count <= most) return
        val message = PageMessages.tooMany(owner, count, pageSize, most, limited = most < engine.mostPages)
        throw InvalidSizeException(message, size)
    }

    /**
     * The run that has the page [id], with one more reference, which the caller gives back with [close][PageRun.close];
     * null when no run of this manager has the page, or the run's last reference is gone.
     *
     * `findPages(id)?.use { … }` is safe at any time and from any thread, against the last [close][PageRun.close] too:
     * it either holds the run or has none. Also on a closed manager, whose runs stay valid.
     *
     * **Cost.** Two lookups without a lock, and a reference taken and given back: some tens of nanoseconds.
     */
    public fun findPages(id: Long): PageRun? {
        val first = engine.firstPageOf(id)
        val run = if (first == 0L) null else runs[first]?.takeIf { it.tryRetain() }
        if (run == null || run.has(id)) return run
        // The run that had the page ended after the first lookup, and a shorter one begins with its first page.
        run.close()
        return null
    }

    // ---- figures, trim, close ----

    /** The figures of this moment. **Cost.** A walk over the threads' caches: for monitoring, not for the hot path. */
    @Synchronized
    public fun stats(): ManagerStatistics {
        val tally = engine.tally()
        return ManagerStatistics(engine.state, tally, limit, formerRents + tally.rents, formerHits + tally.hits)
    }

    /**
     * Gives idle memory back to the system and returns how many bytes went.
     *
     * Afterwards only pages that hold a block, or the quarantined bytes of one, are reserved.
     *
     * **Cost.** A handshake with all threads (tens of microseconds) and a system call for each region that goes.
     */
    @IgnorableReturnValue
    public fun trim(): Long = engine.trim()

    /**
     * Takes all blocks back at once, also those in use, and gives their memory to the system; the manager goes on. For
     * the end of a phase, in place of one close for each block.
     *
     * Every block that was allocated before is closed from then on: its views throw, it refuses to be used, and closing
     * it does nothing. A thread in a [Block.withSegment] finds zeros or what it writes itself, never another block's
     * bytes.
     *
     * **Cost.** A handshake with all threads for every arena that is open (tens of microseconds each: one for every few
     * thousand small blocks, and one for every large one that views were taken of), and a system call for each region.
     *
     * @throws UnsupportedOperationException on [MemoryManager.system], whose blocks belong to others, and on a manager of
     *   memory that a device may be using
     */
    @Synchronized
    public fun clear() {
        if (ofProcess) throw UnsupportedOperationException(ofProcess("cleared"))
        if (home.kind > PageHome.Kind.FILE) throw UnsupportedOperationException(OwnerMessages.deviceMayUse(owner))
        val former = engine
        val next = newEngine(config)
        if (closed) check(next.close().openLeases == 0L) else unclosed.engine = next
        engine = next
        former.abandon()
        former.state.traces.end()
        runs.values.removeIf { it.isClosed }
        // Not before: until then it may still have given something out.
        val tally = former.tally()
        formerRents += tally.rents
        formerHits += tally.hits
    }

    /**
     * Closes the manager: it allocates no more, and its idle memory goes back to the system at once. Blocks stay valid
     * and free their memory as they are closed. Closing again does nothing.
     *
     * @throws OutstandingBlocksException when blocks are still allocated; the manager *is* closed then
     * @throws UnsupportedOperationException on [MemoryManager.system], which belongs to the process
     */
    @Synchronized
    override fun close() {
        if (ofProcess) throw UnsupportedOperationException(ofProcess("closed"))
        if (closed) return
        val tally = engine.close()
        unclosed.engine = null
        if (tally.openLeases <= 0) return
        Events.tell { it.closedInUse(name, tally.openLeases, tally.usedBytes) }
        val message = OwnerMessages.outstanding(owner, tally.openLeases, tally.usedBytes, engine.state.traces.open())
        throw OutstandingBlocksException(message, name, tally.openLeases, tally.usedBytes)
    }

    /** Draws anew which allocations are watched. */
    internal fun resample(): Unit = engine.resample()

    private fun ofProcess(action: String) = OwnerMessages.ofProcess(owner, action, "SystemMemoryManager(name)")

    /** The name and the [stats] of this moment, for logs. */
    override fun toString(): String = "MemoryManager '$name' (${stats()})"

    /** The engine's [occupancy][Engine.occupancy]. */
    internal fun occupancy(mostSlabs: Int): Occupancy? = engine.occupancy(mostSlabs)

    /** Takes this manager's place in the tree of its budget, whose other members may now reclaim its idle memory. */
    internal fun join() {
        val joined = Member(this)
        member = joined
        budget.attach(leaf, joined)
        unclosed.watch(this)
    }

    /** What the budget's tree knows of a manager. */
    private class Member(val manager: MemoryManager) : BudgetMember(OwnerKind.MANAGER.word) {
        override val isClosed: Boolean get() = manager.isClosed

        override val holdings: List<Holding> get() = Holders.of(manager.engine.state.traces.open())

        override fun giveIdleBack() {
            manager.trim()
        }

        override val returns: Long get() = manager.engine.returns

        override fun lend(isWanted: Boolean): Unit = manager.engine.lend(isWanted)
    }

    /** Finds the process's manager. */
    public companion object {
        /** From one byte more on a block has a mapping of its own, which the system can grow without a copy. */
        internal const val LARGEST_CLASS: Long = SizeClasses.LARGEST - 1

        /** The process-wide manager: no limit of its own, nothing to configure, never closed. */
        @JvmStatic
        public fun system(): MemoryManager = SystemMemoryManager.ofProcess

        /** The manager that [member] of a budget's tree is, if it is one. */
        internal fun of(member: BudgetMember?): MemoryManager? = (member as? Member)?.manager
    }
}
