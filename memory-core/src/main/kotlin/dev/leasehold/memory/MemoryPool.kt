package dev.leasehold.memory

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.BlockSource
import dev.leasehold.memory.internal.block.Holders
import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.block.OwnerKind
import dev.leasehold.memory.internal.block.OwnerMessages
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.block.WatchedSource
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.budget.BudgetMember
import dev.leasehold.memory.internal.budget.Holding
import dev.leasehold.memory.internal.engine.Engine
import dev.leasehold.memory.internal.engine.SlabEngine
import dev.leasehold.memory.internal.engine.Taken
import dev.leasehold.memory.internal.engine.Unclosed
import dev.leasehold.memory.internal.engine.orGiveBack
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.pool.LendingList
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.util.function.Consumer

/**
 * Where leases come from: native memory, kept for reuse, rented with `pool.rent(size)` and given back with `close()`.
 *
 * | kind | made by | blocks | for |
 * |---|---|---|---|
 * | shared | [MemoryPool.shared] | any size | the whole process; it cannot be closed |
 * | isolated | [MemoryPool.isolated] | any size | one subsystem: own limit, own figures, own memory |
 * | fixed | [MemoryPool.fixed] | one size | a known number of equal chunks |
 *
 * Memory never travels between pools, and every figure and error carries the pool's [name].
 *
 * **Ownership.** The code that makes a pool closes it. A lease stays valid when its pool is closed, and keeps it from
 * becoming garbage. One that became garbage without a close is closed then, and named in the log (`UNCLOSED:`).
 * **Threads.** All functions may be called from any thread, also virtual ones.
 * **Zeroed.** Only when [Hygiene] says so.
 */
public open class MemoryPool internal constructor(
    options: PoolOptions,
    private val hygiene: HygieneAction,
    internal val engine: Engine,
) : AutoCloseable {
    private val state = engine.state
    private val anyThread = engine.anyThread
    private val unclosed = Unclosed(engine)

    /** Whether every lease remembers where it was rented and closed. */
    internal val traceSites: Boolean = options.traceSites

    /** Whether a lease needs [begin]. */
    internal val special: Boolean = hygiene.onRent || traceSites

    /** What lends its memory on. */
    internal val lendings: LendingList = LendingList()

    // The budget's tree holds this only weakly.
    private var member: BudgetMember? = null

    /** The pool, in messages. */
    internal val owner: Owner get() = state.owner

    /** The name that figures and errors carry. */
    public val name: String get() = owner.name

    /** The budget that this draws on. */
    public val budget: MemoryBudget = options.budget

    /**
     * The most bytes that this pool may hold from the system; [Long.MAX_VALUE] when only its [budget] bounds it. Leases
     * whose charge was [transferred][SharedLease.transferTo] do not count.
     *
     * It can be changed at any time. When it is set below what is held, what lies idle goes back before this returns;
     * what is leased stays, and requests are refused until enough has come back. When it is raised, those who wait are
     * served.
     *
     * @throws MemoryConfigurationException when it is set below one page, or on a pool of chunks, which are its limit
     */
    public var limit: Long
        get() = state.leaf.limit
        set(value) {
            checkLimit(value)
            state.leaf.limit = value
            if (state.leaf.used > value) trim()
            if (engine.line.length > 0) engine.collectForLine()
        }

    /** Refuses [value] as the limit. */
    internal open fun checkLimit(value: Long): Unit = owner.checkLimit(value)

    /** The size of a lease whose size is not given, in bytes. */
    public open val defaultSize: Long = options.defaultSize

    /** Whether the pool refuses to rent because it has been closed. A moment's truth, for diagnosis. */
    public val isClosed: Boolean get() = state.closed

    /** The figures of this moment. Costs a walk over the threads' caches; for monitoring, not for the hot path. */
    public fun stats(): PoolStatistics =
        PoolStatistics(state, engine.tally(), limit, engine.line.length, WaitStatistics(engine.line.waits))

    /**
     * Gives idle memory back to the system and returns how many bytes went.
     *
     * Afterwards only pages that hold a leased or quarantined block are reserved. Costs a handshake with all threads
     * (tens of microseconds) and one call of the system for each region that goes.
     */
    @IgnorableReturnValue
    public fun trim(): Long = engine.trim()

    /**
     * Refuses [lease] unless it was rented from this pool. For the border of a subsystem that takes leases as
     * arguments.
     *
     * @throws ForeignLeaseException when it was rented from another pool
     */
    public fun requireOwn(lease: Lease): Unit = requireOwn(lease.pool)

    /**
     * Refuses [lease] unless it was rented from this pool.
     *
     * @throws ForeignLeaseException when it was rented from another pool
     */
    public fun requireOwn(lease: SharedLease): Unit = requireOwn(lease.pool)

    private fun requireOwn(pool: MemoryPool) {
        if (pool === this) return
        throw ForeignLeaseException(
            "$owner was handed a lease of ${pool.owner}; memory never travels between pools: copy the bytes",
            pool.name,
        )
    }

    /**
     * Closes the pool: it rents no more, and its idle memory goes back to the system at once. Outstanding leases stay
     * valid and free their memory as they close. Closing again does nothing.
     *
     * @throws OutstandingLeasesException when leases are outstanding; the pool *is* closed then
     * @throws UnsupportedOperationException on [MemoryPool.shared], which belongs to the process
     */
    override fun close() {
        if (this === Shared.pool) throw UnsupportedOperationException(ofProcess("closed"))
        if (state.closed) return
        val tally = engine.close()
        unclosed.engine = null
        val count = tally.openLeases
        if (count <= 0) return
        Events.tell { it.closedInUse(name, count, tally.usedBytes) }
        val message = OwnerMessages.outstanding(owner, count, tally.usedBytes, state.traces.open())
        throw OutstandingLeasesException(message, name, count, tally.usedBytes)
    }

    private fun ofProcess(action: String) = OwnerMessages.ofProcess(owner, action, "MemoryPool.isolated(name)")

    // ---- renting ----

    // The machine code of this, with all that is inlined into it, must stay below 2,500 bytes: from there on the
    // compiler does not inline it into its callers, and then no lease is ever free of garbage (InlineSmallCode;
    // -XX:+PrintInlining says "already compiled into a big method"). Hence no alignment here, a table instead of
    // branches, and every rare thing behind a call.
    internal fun rentLease(size: Long): Lease {
        val cache = engine.cacheOf(Thread.currentThread())
        var source: BlockSource = cache ?: anyThread
        var code = 0
        var address = 0L
        if (cache != null) {
            code = SizeClasses.indexOf(size)
            address = cache.take(code)
        }
        if (address == 0L) {
            val taken = takeToLease(size)
            val lender = taken.lender
            if (lender != null) source = lender
            code = taken.code
            address = taken.address
        }
        // One place makes the lease, whatever way the block came: so escape analysis sees one allocation, and can
        // remove it.
        return state.orGiveBack(source, address, code, size) {
            leaseOf(this, source, address, code, size, Thread.currentThread(), null)
        }
    }

    /**
     * Takes a block for a lease that is made next. One of the sample is watched from here on, by its source: a look at
     * the lease would be machine code in every rent and every close.
     */
    private fun takeToLease(size: Long): Taken {
        val taken = takeOrRefuse(size)
        // What the cache could have had goes back there, too: as a rule all leases then have one kind of source.
        taken.lender = if (taken.source !== anyThread) taken.source else null
        val attachment = taken.attachment ?: return taken
        return state.orGiveBack(taken.source, taken.address, taken.code, size, attachment) {
            val source = taken.lender ?: engine.cacheOf(Thread.currentThread()) ?: anyThread
            taken.lender = WatchedSource(attachment, source)
            attachment.watch(null)
            taken
        }
    }

    // What a lease with an owner needs would be over that bound, so it comes in parts, each inlined for itself.

    /** Takes a block for [leaseTaken], which must follow at once; 0 when it is not at hand. */
    internal fun takeAtHand(size: Long): Long {
        val cache = engine.cacheOf(Thread.currentThread())
        return if (cache != null) cache.take(SizeClasses.indexOf(size)) else 0
    }

    /** Makes the lease, with views in [arena], of what [takeAtHand] returned; where that is 0, takes a block. */
    internal fun leaseTaken(address: Long, arena: Arena?, size: Long, attachment: Attachment): Lease {
        val thread = Thread.currentThread()
        var source: BlockSource? = null
        var code = 0
        var start = address
        if (start != 0L) {
            source = engine.cacheOf(thread)
            code = SizeClasses.indexOf(size)
        }
        if (source == null) {
            val taken = takeOrRefuse(size)
            source = taken.source
            code = taken.code
            start = taken.address
            attachment.trace = taken.attachment?.trace
        }
        return state.orGiveBack(source, start, code, size) {
            leaseOf(this, source, start, arena, code, size, thread, attachment)
        }
    }

    /** The lease for [request]; null when it may not wait and the limit stops it. */
    internal fun lease(request: Request): Lease? {
        val taken = take(request) ?: return null
        val thread = Thread.currentThread()
        return orGiveBack(taken, request) {
            val attachment = attachmentOf(taken, request)
            val lease = leaseOf(this, taken.source, taken.address, taken.code, request.size, thread, attachment)
            // Views of it may live on when it was lost: its memory stays out.
            if (!special) attachment?.watch(null)
            lease
        }
    }

    // As small as rentLease, and with one place that makes the lease, for the same reason.
    internal fun rentSharedLease(size: Long): SharedLease {
        val cache = engine.cacheOf(Thread.currentThread())
        var source = anyThread
        var bias = cache?.bias
        var code = 0
        var address = 0L
        var attachment: Attachment? = null
        if (cache != null) {
            code = SizeClasses.indexOf(size)
            address = cache.take(code)
        }
        if (address == 0L) {
            val taken = takeToShare(size)
            source = taken.source
            code = taken.code
            address = taken.address
            attachment = taken.attachment
            bias = taken.bias
        }
        return state.orGiveBack(source, address, code, size) {
            sharedLeaseOf(this, bias, source, address, code, size, attachment)
        }
    }

    // One call: each more in the rent costs every rent, whose registers must survive it.
    private fun takeToShare(size: Long): Taken {
        val taken = takeOrRefuse(size)
        taken.bias = engine.biasFor(taken.source)
        return taken
    }

    /** Takes a block that gets no lease; 0 when none is at hand, or when the pool does something for each lease. */
    internal fun takeUnleased(size: Long): Long {
        if (special || !SizeClasses.holds(size)) return 0
        val code = SizeClasses.indexOf(size)
        val thread = Thread.currentThread()
        val cache = if (thread.isVirtual) null else engine.cacheOf(thread)
        return if (cache != null) cache.take(code) else engine.takeShared(code)
    }

    /** Takes the block of [size] bytes at [address] back, which has no lease. */
    internal fun giveBackUnleased(address: Long, size: Long) {
        val code = SizeClasses.indexOf(size)
        // As the source does; here the compiler knows what it calls.
        val thread = Thread.currentThread()
        val cache = if (thread.isVirtual) null else engine.cacheOf(thread)
        if (cache != null) cache.giveBack(address, code, size) else engine.giveBackShared(address, code, size)
    }

    /** The lease of a block that had none. */
    internal fun leaseUnleased(address: Long, size: Long): SharedLease =
        sharedLeaseOf(this, null, anyThread, address, SizeClasses.indexOf(size), size, null)

    /** [lease], or the refusal. */
    internal fun rentOrThrow(request: Request): Lease = lease(request) ?: throw refusal(request.size)

    /** [lease] for any thread. */
    internal fun sharedLease(request: Request): SharedLease? {
        val taken = take(request) ?: return null
        val bias = engine.biasFor(taken.source)
        return orGiveBack(taken, request) {
            val attachment = attachmentOf(taken, request)
            sharedLeaseOf(this, bias, taken.source, taken.address, taken.code, request.size, attachment)
        }
    }

    /** The lease for [request] that was served with [taken]; where that is null, the refusal of a closed pool. */
    internal fun sharedLease(taken: Taken?, request: Request): SharedLease {
        if (taken == null) throw closedException()
        return orGiveBack(taken, request) {
            val asked = request.attachment
            // Who waits was sampled when it asked, where the program's line was known.
            if (asked?.site != null && !special) {
                asked.trace = state.traces.sample(request.size, asked.renter, asked.site)?.trace
            }
            sharedLeaseOf(this, null, taken.source, taken.address, taken.code, request.size, asked)
        }
    }

    private fun attachmentOf(taken: Taken, request: Request): Attachment? {
        val asked = request.attachment ?: return taken.attachment
        asked.trace = taken.attachment?.trace
        return asked
    }

    private inline fun <R> orGiveBack(taken: Taken, request: Request, make: () -> R): R =
        state.orGiveBack(taken.source, taken.address, taken.code, request.size, make = make)

    /** Prepares the bytes of a fresh lease in [view], and starts its trace where sites are traced. */
    internal fun begin(view: MemorySegment, attachment: Attachment?): Attachment? {
        hygiene.began(view)
        if (!traceSites) return attachment
        val attached = attachment ?: Attachment()
        attached.trace = state.traces.start(view.byteSize(), attached.renter, attached.site)
        return attached
    }

    /** [sharedLease], or the refusal. */
    internal fun rentSharedOrThrow(request: Request): SharedLease = sharedLease(request) ?: throw refusal(request.size)

    // ---- the slow ways to a block ----

    private fun takeOrRefuse(size: Long): Taken = take(Request(size)) ?: throw refusal(size)

    private fun take(request: Request): Taken? {
        check(request)
        // Before anything is taken: from then on there may be no stack for a call.
        val isSampled = !traceSites && (request.attachment?.site != null || engine.isSampled())
        engine.take(request)?.let { return traced(it, request, isSampled) }
        checkOpen()
        if (request.nanos == 0L) return null
        engine.await(request)?.let { return traced(it, request, isSampled) }
        checkOpen()
        throw engine.refusalOf(request.size, request.nanos) ?: timedOut(request)
    }

    // Inlined, so that what cannot be traced goes back from where it was taken.
    @Suppress("NOTHING_TO_INLINE")
    private inline fun traced(taken: Taken, request: Request, isSampled: Boolean): Taken {
        taken.attachment = null
        if (!isSampled) return taken
        return state.orGiveBack(taken.source, taken.address, taken.code, request.size) {
            taken.attachment = sampleOf(request)
            taken
        }
    }

    private fun sampleOf(request: Request): Attachment? =
        state.traces.sample(request.size, request.attachment?.renter, request.attachment?.site)

    /** Refuses a size or an alignment that no rent of this pool can ever have. */
    internal open fun check(request: Request): Unit = checkSize(owner, request.size, limit)

    private fun checkOpen() {
        if (state.closed) throw closedException()
    }

    private fun closedException() = PoolClosedException(OwnerMessages.closed(owner), name)

    private fun refusal(size: Long): RuntimeException = engine.refusalOf(size) ?: exhausted(size)

    /** The exception for [size] bytes that cannot be had now. */
    internal open fun exhausted(size: Long): MemoryException = exhausted(engine, limit, size)

    /** The exception for [request], whose time has passed. */
    internal open fun timedOut(request: Request): RentTimeoutException {
        val refusal = state.leaf.refusalAbove
        val message = if (refusal != null) {
            OwnerMessages.timedOut(owner, request.size, request.nanos, refusal) + heldBelow(refusal.node)
        } else {
            val figures = stats()
            val reserved = figures.reserved - figures.transferred
            val now = OwnerMessages.Figures(reserved, figures.used, figures.quarantined)
            OwnerMessages.timedOut(owner, request.size, request.nanos, limit, now) + namedHolders()
        }
        return RentTimeoutException(message, name, request.size)
    }

    /** Who holds its memory, as far as that is watched, as the end of a message. */
    internal fun namedHolders(): String = Holders.suffix(Holders.of(state.traces.open()))

    /** Draws anew which rents are watched. */
    internal fun resample(): Unit = engine.resample()

    /** The name and the [stats] of this moment, for logs. */
    override fun toString(): String = "MemoryPool '$name' (${stats()})"

    // ---- making pools ----

    /** Takes this pool's place in the tree of its budget, whose other members may now reclaim its idle memory. */
    internal fun join() {
        val joined = Member(this)
        member = joined
        budget.attach(state.leaf, joined)
        unclosed.watch(this)
    }

    /** What the budget's tree knows of a pool. */
    private class Member(val pool: MemoryPool) : BudgetMember(OwnerKind.POOL.word) {
        override val isClosed: Boolean get() = pool.isClosed

        override fun giveIdleBack() {
            if (pool.givesIdleBack) pool.trim()
        }

        override val returns: Long get() = pool.engine.returns

        override val holdings: List<Holding> get() = Holders.of(pool.state.traces.open())

        override fun lend(isWanted: Boolean): Unit = pool.engine.lend(isWanted)

        override fun roomCame() {
            if (pool.engine.line.length > 0) pool.engine.line.serveNow()
        }
    }

    /** Whether trimming takes anything off the budget. */
    internal open val givesIdleBack: Boolean get() = true

    private object Shared {
        @JvmField val pool: MemoryPool = make("shared", PoolOptions())
    }

    /** Makes pools. */
    public companion object {
        /** The process-wide pool: no limit, nothing to configure, never closed. */
        @JvmStatic
        public fun shared(): MemoryPool = Shared.pool

        /** Makes a pool for one subsystem, with the default options. */
        @JvmStatic
        public fun isolated(name: String): MemoryPool = make(name, PoolOptions())

        /**
         * Makes a pool for one subsystem.
         *
         * @param name what figures and errors call it
         * @param configure sets its options
         * @throws MemoryConfigurationException when the name is blank or figures contradict each other
         * @throws BudgetClosedException when its budget is closed
         */
        @JvmSynthetic
        public fun isolated(name: String, configure: PoolOptions.() -> Unit): MemoryPool =
            make(name, PoolOptions().apply(configure))

        /** [isolated] for Java: `MemoryPool.isolated("orders", options -> options.setLimit(64 << 20))`. */
        @JvmStatic
        public fun isolated(name: String, configure: Consumer<in PoolOptions>): MemoryPool =
            make(name, PoolOptions().also(configure::accept))

        /**
         * Makes a pool of [blockCount] equal chunks of [blockSize] bytes out of one reserved region, each at a
         * multiple of [alignment]. The newest returned chunk is handed out first.
         *
         * @throws InvalidSizeException when [blockSize] or [blockCount] is not positive, or their product overflows
         * @throws InvalidAlignmentException when [alignment] is no power of two between 1 and the page size
         * @throws MemoryConfigurationException when the name is blank, or options contradict each other or the chunks
         * @throws BudgetClosedException when the budget in its options is closed
         * @throws BudgetExceededException when a budget refuses the region
         * @throws MemoryExhaustedException when the system refuses the region
         */
        @JvmStatic
        @JvmOverloads
        public fun fixed(
            name: String,
            blockSize: Long,
            blockCount: Int,
            alignment: Long = FixedMemoryPool.DEFAULT_ALIGNMENT,
        ): FixedMemoryPool = FixedMemoryPool.make(name, blockSize, blockCount, alignment, PoolOptions())

        /** [fixed] with options. */
        @JvmSynthetic
        public fun fixed(
            name: String,
            blockSize: Long,
            blockCount: Int,
            alignment: Long = FixedMemoryPool.DEFAULT_ALIGNMENT,
            configure: PoolOptions.() -> Unit,
        ): FixedMemoryPool =
            FixedMemoryPool.make(name, blockSize, blockCount, alignment, PoolOptions().apply(configure))

        /** [fixed] with options, for Java. */
        @JvmStatic
        public fun fixed(
            name: String,
            blockSize: Long,
            blockCount: Int,
            alignment: Long,
            configure: Consumer<in PoolOptions>,
        ): FixedMemoryPool =
            FixedMemoryPool.make(name, blockSize, blockCount, alignment, PoolOptions().also(configure::accept))

        /** The pool that [member] of a budget's tree is, if it is one. */
        internal fun of(member: BudgetMember?): MemoryPool? = (member as? Member)?.pool

        /** Makes a pool whose engine is what [around] makes of the usual one. */
        internal fun make(
            name: String,
            options: PoolOptions,
            platform: Platform = Platform.current,
            around: (Engine) -> Engine = { it },
        ): MemoryPool {
            val owner = Owner(OwnerKind.POOL, name)
            options.checkPool(owner)
            val hygiene = options.hygiene.action()
            val leaf = BudgetLeaf(name, options.limit, options.budget.node)
            val engine = SlabEngine(options.configFor(owner, hygiene, platform, leaf))
            return MemoryPool(options, hygiene, around(engine)).also(MemoryPool::join)
        }
    }
}
