@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory

import dev.leasehold.memory.internal.block.BlockHome
import dev.leasehold.memory.internal.block.LeaseTrace
import dev.leasehold.memory.internal.block.PackedBlock
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.block.Tenure
import dev.leasehold.memory.internal.block.WatchedTenure
import dev.leasehold.memory.internal.budget.Account
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.memory.internal.engine.Placed
import dev.leasehold.memory.internal.engine.Requests
import dev.leasehold.memory.internal.engine.SlabEngine
import dev.leasehold.memory.internal.engine.Taken
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseOwner
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment

/** The pool of blocks of any size: [MemoryPool.shared] and [MemoryPool.isolated]. */
internal class SlabPool(
    private val settings: PoolSettings,
    platform: Platform = Platform.current,
) : MemoryPool(settings.name, settings.budget) {
    private val hygiene = settings.hygiene.action()
    private val engine = SlabEngine(
        owner = this,
        poolName = settings.name,
        account = Account(settings.name, settings.limit, settings.budget.node),
        idleBound = settings.idleBound,
        hygiene = hygiene,
        quarantineBytes = settings.quarantineBytes,
        quarantineBlocks = settings.quarantineBlocks,
        platform = platform,
    )
    private val requests = engine.requests
    override val traceSites = settings.traceSites
    private val special = hygiene.onRent || traceSites

    init {
        joinBudget()
    }

    override val account: Account get() = engine.account
    override val limit: Long get() = settings.limit
    override val defaultSize: Long get() = settings.defaultSize
    override val isClosed: Boolean get() = engine.closed

    // The machine code of this, with all that is inlined into it, must stay below 2,500 bytes: from there on the
    // compiler does not inline it into its callers, and then no lease is ever free of garbage (InlineSmallCode;
    // -XX:+PrintInlining says "already compiled into a big method"). Hence no alignment here, a table instead of
    // branches, and every rare thing behind a call.
    override fun rentLease(size: Long): Lease {
        val thread = Thread.currentThread()
        val cache = engine.cacheOf(thread)
        var home: BlockHome? = cache
        var code = 0
        var address = 0L
        if (cache != null && SizeClasses.holds(size)) {
            code = SizeClasses.indexOf(size)
            address = cache.take(code)
        }
        if (address == 0L) {
            val taken = takeSlow(size, NATURAL) ?: throw exhausted(size)
            home = taken.home
            code = taken.code
            address = taken.address
        }
        // One place makes the lease, whatever way the block came: so escape analysis sees one allocation, and can
        // remove it.
        return lease(home!!, address, code, size, thread)
    }

    // What a lease with an owner needs would be over that bound, so it comes in parts, each inlined for itself.
    override fun takeAtHand(size: Long): Long {
        val cache = engine.cacheOf(Thread.currentThread())
        return if (cache != null && SizeClasses.holds(size)) cache.take(SizeClasses.indexOf(size)) else 0
    }

    override fun leaseTaken(
        address: Long,
        arena: Arena?,
        size: Long,
        owner: LeaseOwner,
        ownerName: String?,
    ): LeaseWithOwner {
        val thread = Thread.currentThread()
        var home: BlockHome? = null
        var code = 0
        var start = address
        if (start != 0L) {
            home = engine.cacheOf(thread)
            code = SizeClasses.indexOf(size)
        }
        if (home == null) {
            val taken = takeSlow(size, NATURAL) ?: throw exhausted(size)
            home = taken.home
            code = taken.code
            start = taken.address
        }
        return leaseFor(home, start, arena, code, size, thread, owner, ownerName)
    }

    override fun rentAlignedLease(size: Long, alignment: Long, owner: LeaseOwner?): Lease =
        tryRentLease(size, alignment, owner) ?: throw exhausted(size)

    override fun tryRentLease(size: Long, alignment: Long, owner: LeaseOwner?): Lease? {
        val cache = currentCache()
        val code = classOf(size, alignment)
        val address = if (cache != null && code >= 0) cache.take(code) else 0
        if (address != 0L) return leaseOf(cache!!, address, code, size, owner)
        return takeSlow(size, alignment)?.let { leaseOf(it.home, it.address, it.code, size, owner) }
    }

    override fun rentLeaseWithin(size: Long, alignment: Long, nanos: Long, owner: LeaseOwner?): Lease =
        takeWithin(size, alignment, nanos).let { leaseOf(it.home, it.address, it.code, size, owner) }

    private fun leaseOf(home: BlockHome, address: Long, code: Int, size: Long, owner: LeaseOwner?): Lease {
        val thread = Thread.currentThread()
        if (owner == null) return lease(home, address, code, size, thread)
        return leaseFor(home, address, arena(), code, size, thread, owner, null)
    }

    // As small as rentLease, and with one place that makes the lease, for the same reason.
    override fun rentSharedLease(size: Long, owner: LeaseOwner?): SharedLease {
        val cache = engine.cacheOf(Thread.currentThread())
        var code = 0
        var address = 0L
        if (cache != null && SizeClasses.holds(size)) {
            code = SizeClasses.indexOf(size)
            address = cache.takeWithTicket(code)
        }
        val word: Int
        val tenure: Tenure
        val arena: Arena?
        if (address != 0L) {
            val share = cache!!.share
            val epoch = share.tickets!!
            word = PackedBlock.word(code, share.lastTicket)
            tenure = epoch
            arena = epoch.arena
        } else {
            val placed = place(cache, size, NATURAL) ?: throw exhausted(size)
            address = placed.address
            word = placed.word
            tenure = placed.tenure
            arena = placed.arena
        }
        return sharedLease(tenure, arena, address, word, size, owner)
    }

    override fun rentAlignedSharedLease(size: Long, alignment: Long, owner: LeaseOwner?): SharedLease =
        sharedLeaseOf(place(currentCache(), size, alignment) ?: throw exhausted(size), size, owner)

    override fun tryRentSharedLease(size: Long, alignment: Long, owner: LeaseOwner?): SharedLease? =
        place(currentCache(), size, alignment)?.let { sharedLeaseOf(it, size, owner) }

    override fun rentSharedLeaseWithin(size: Long, alignment: Long, nanos: Long, owner: LeaseOwner?): SharedLease =
        sharedLeaseOf(place(currentCache(), takeWithin(size, alignment, nanos), size), size, owner)

    private fun currentCache() = engine.cacheOf(Thread.currentThread())

    private fun place(cache: ThreadCache?, size: Long, alignment: Long): Placed? {
        val code = classOf(size, alignment)
        val address = if (cache != null && code >= 0) cache.take(code) else 0
        val taken = if (address != 0L) Taken(address, code, engine.anyThread) else takeSlow(size, alignment)
        return taken?.let { place(cache, it, size) }
    }

    private fun place(cache: ThreadCache?, taken: Taken, size: Long): Placed {
        // A shared lease may end on a thread that is not the one whose cache served it.
        val home = if (taken.home is ThreadCache) engine.anyThread else taken.home
        try {
            return engine.place(cache, Taken(taken.address, taken.code, home))
        } catch (failure: Throwable) {
            home.giveBack(taken.address, taken.code, size)
            throw failure
        }
    }

    private fun sharedLeaseOf(placed: Placed, size: Long, owner: LeaseOwner?): SharedLease =
        sharedLease(placed.tenure, placed.arena, placed.address, placed.word, size, owner)

    // ---- making leases ----

    private fun lease(home: BlockHome, address: Long, code: Int, size: Long, thread: Thread): Lease {
        try {
            val arena = arena()
            val view = Platform.current.view(address, size, arena)
            if (special) return specialLease(home, view, arena, code, thread)
            return Lease(home, view, arena, code, thread, null)
        } catch (failure: Throwable) {
            // The heap is exhausted, or the like: the block must not be lost with it.
            home.giveBack(address, code, size)
            throw failure
        }
    }

    private fun leaseFor(
        home: BlockHome,
        address: Long,
        arena: Arena?,
        code: Int,
        size: Long,
        thread: Thread,
        owner: LeaseOwner,
        ownerName: String?,
    ): LeaseWithOwner {
        try {
            val view = Platform.current.view(address, size, arena)
            if (special) return specialLeaseFor(home, view, arena, code, thread, owner, ownerName)
            return LeaseWithOwner(home, view, arena, code, thread, null, owner, ownerName)
        } catch (failure: Throwable) {
            home.giveBack(address, code, size)
            throw failure
        }
    }

    private fun arena(): Arena? = if (BINDS_VIEWS) Arena.ofConfined() else null

    private fun specialLease(home: BlockHome, view: MemorySegment, arena: Arena?, code: Int, thread: Thread): Lease {
        val trace = begin(view)
        return Lease(home, view, arena, code, thread, trace).also { watch(it, trace) }
    }

    private fun specialLeaseFor(
        home: BlockHome,
        view: MemorySegment,
        arena: Arena?,
        code: Int,
        thread: Thread,
        owner: LeaseOwner,
        ownerName: String?,
    ): LeaseWithOwner {
        val trace = begin(view)
        return LeaseWithOwner(home, view, arena, code, thread, trace, owner, ownerName).also { watch(it, trace) }
    }

    /** Prepares the bytes of a fresh lease, and starts its trace when sites are traced. */
    private fun begin(view: MemorySegment): LeaseTrace? {
        hygiene.began(view)
        return if (traceSites) LeaseTrace.start(name, view.byteSize()) else null
    }

    private fun watch(lease: Lease, trace: LeaseTrace?) {
        if (trace != null) LeaseTrace.watch(lease, trace)
    }

    private fun sharedLease(
        tenure: Tenure,
        arena: Arena?,
        address: Long,
        word: Int,
        size: Long,
        owner: LeaseOwner?,
    ): SharedLease {
        try {
            val view = Platform.current.view(address, size, arena)
            if (special || owner != null) return specialSharedLease(tenure, view, word, owner)
            return SharedLease(tenure, view, word)
        } catch (failure: Throwable) {
            tenure.end(address, word, size)
            throw failure
        }
    }

    private fun specialSharedLease(tenure: Tenure, view: MemorySegment, word: Int, owner: LeaseOwner?): SharedLease {
        hygiene.began(view)
        if (!traceSites && owner == null) return SharedLease(tenure, view, word)
        val trace = if (traceSites) LeaseTrace.start(name, view.byteSize(), owner) else null
        val lease = SharedLease(WatchedTenure(tenure, owner, trace), view, word)
        if (trace != null) LeaseTrace.watch(lease, trace)
        return lease
    }

    // ---- the slow ways to a block ----

    /** The size class for a request, or -1 when the request needs a closer look. */
    private fun classOf(size: Long, alignment: Long): Int =
        if (size <= 0 || size > SizeClasses.LARGEST) -1 else requests.codeOf(size, alignment)

    private fun takeSlow(size: Long, alignment: Long): Taken? {
        checkSize(size)
        return requests.take(size, alignment).also { if (it == null) checkOpen() }
    }

    private fun takeWithin(size: Long, alignment: Long, nanos: Long): Taken {
        takeSlow(size, alignment)?.let { return it }
        requests.await(size, alignment, nanos)?.let { return it }
        checkOpen()
        throw RentTimeoutException(
            account.refusalAbove?.let { MemoryBudgetRefusals.timeout(name, size, nanos, it) }
                ?: PoolRefusals.timeout(name, size, nanos, limit, engine.account.reserved, engine.tally().usedBytes),
            name,
            size,
        )
    }

    override fun checkSize(size: Long) {
        if (size < 0) throw InvalidSizeException(PoolRefusals.negative(name, size), size)
        // Memory comes in pages, so the last bytes of a limit that is no multiple of them are never reached.
        val most = minOf(limit and -Platform.current.pageSize, Requests.MOST_BYTES)
        if (size >
            most
        ) {
            throw InvalidSizeException(PoolRefusals.tooLarge(name, size, most, most < Requests.MOST_BYTES), size)
        }
    }

    private fun checkOpen() {
        if (engine.closed) throw PoolClosedException(PoolRefusals.closed(name), name)
    }

    private fun exhausted(size: Long): RuntimeException {
        account.refusalAbove?.let { return MemoryBudgetRefusals.exceeded(name, size, it) }
        val figures = stats()
        return MemoryExhaustedException(
            PoolRefusals.exhausted(name, size, limit, figures.reserved - figures.transferred, figures.used),
            name,
            size,
        )
    }

    // ---- figures, trim, close ----

    override fun stats(): PoolStatistics {
        val tally = engine.tally()
        val reserved = engine.account.reserved
        val used = tally.usedBytes.coerceIn(0, reserved)
        val quarantined = tally.quarantinedIn.coerceIn(0, reserved - used)
        return PoolStatistics(
            used = used,
            reserved = reserved,
            idle = reserved - used - quarantined,
            quarantined = quarantined,
            transferred = account.transferred,
            peak = account.mostReserved,
            limit = limit,
            waiters = engine.line.length,
            rents = tally.rents,
            hits = tally.hits,
            misses = tally.rents - tally.hits,
        )
    }

    override fun trim(): Long = engine.trim()

    override fun close() {
        if (this === SharedPool.instance) throw UnsupportedOperationException(PoolRefusals.SHARED_CLOSE)
        if (engine.closed) return
        val tally = engine.close()
        if (tally.openLeases > 0) {
            throw OutstandingLeasesException(
                PoolRefusals.outstanding(name, tally.openLeases, tally.usedBytes, traceSites),
                name,
                tally.openLeases,
                tally.usedBytes,
            )
        }
    }

    private companion object {
        @JvmField val BINDS_VIEWS: Boolean = Platform.current.bindsViews
    }
}

/** Holds the pool of [MemoryPool.shared], made when it is first asked for. */
internal object SharedPool {
    @JvmField val instance: MemoryPool = SlabPool(PoolSettings.of("shared", PoolOptions()))
}
