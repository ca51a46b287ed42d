package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Arenas
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.Fence
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.block.Sampling
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.budget.Charge
import dev.leasehold.memory.internal.cache.CacheRegistry
import dev.leasehold.memory.internal.cache.CacheShape
import dev.leasehold.memory.internal.cache.Caches
import dev.leasehold.memory.internal.cache.Depot
import dev.leasehold.memory.internal.cache.LargeDepot
import dev.leasehold.memory.internal.cache.Tally
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.memory.internal.cache.ThreadTable
import dev.leasehold.memory.internal.cache.UncachedCounts
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.StackRoom
import dev.leasehold.memory.internal.store.Occupancy
import dev.leasehold.memory.internal.store.Region
import dev.leasehold.memory.internal.store.ReleasedMappings
import dev.leasehold.memory.internal.store.SlabStore
import java.util.function.LongSupplier
import kotlin.concurrent.withLock

/**
 * The engine of blocks of any size: thread caches over a depot over slabs, spans and mappings, with epochs of kept
 * views beside them.
 *
 * Its parts are made in the order in which they know of each other, the ground first, and none knows the engine.
 *
 * @param largestClass up to how many bytes a request takes a block of a size class; larger ones get a mapping each
 */
internal class SlabEngine(
    private val config: EngineConfig,
    private val largestClass: Long = SizeClasses.LARGEST,
    private val fence: () -> Unit = Fence::everyThread,
) : Engine(config.newState()) {
    private val leaf = state.leaf
    private val hygiene = config.hygiene
    private val depot = Depot()
    private val largeDepot = LargeDepot<LargeSource>()
    private val store = SlabStore(state.platform, leaf, storeBound(config.idleBound == 0L, state))
    private val reason = WaitReason(leaf)
    override val line = WaitLine(store.lock, reason::emptied)
    private val departed = Tally()
    private val counts = UncachedCounts()
    private val registry = CacheRegistry(fence, adopting(departed, store), adopted(line, table))
    private val shape = CacheShape(leaf.leastLimit, config.idleBound)
    private val purge = Purge(store, depot, largeDepot, line, registry, shape, config.idleBound)
    private val refusals = Refusals(store, leaf)
    private val shortage = Shortage(state, store, line, registry, refusals, purge)
    private val keepsNothing = config.idleBound == 0L
    private val magazines = Magazines(state, store, line, depot, shortage, keepsNothing, purge, shape, hygiene)
    private val quarantine = Quarantine(magazines, counts)
    private val epochs = EpochLedger(
        state.platform,
        config::quarantineBound,
        config.quarantineBlocks,
        state.arenas,
        quarantine::release,
    )
    private val mappings =
        Mappings(state, store, line, largeDepot, shortage, config.idleBound == 0L, purge, epochs, counts, hygiene)
    private val reclaim = Reclaim(shortage, registry, store, line, epochs, magazines, mappings)
    private val caches = Caches(table, registry, magazines, fence)
    override val anyThread: HeldSource =
        AnyThreadSource(state, caches, store, line, shortage, purge, epochs, counts, hygiene)
    private val pages = SlabPages(state, store, line, shortage, reclaim, epochs, counts, hygiene)

    init {
        state.left.source = anyThread
        state.findLateWrites(anyThread, line)
    }

    override fun cacheOfSlow(thread: Thread): ThreadCache? = caches.of(thread)

    // ---- taking ----

    private fun codeOf(request: Request): Int = when {
        request.size > largestClass -> BlockKind.LARGE
        request.alignment == Request.NATURAL -> SizeClasses.indexOf(maxOf(request.size, 1))
        else -> SizeClasses.indexOf(maxOf(request.size, 1), request.alignment)
    }

    override fun take(request: Request): Taken? {
        StackRoom.require()
        val code = codeOf(request)
        if (shortage.refuses(code, request.size)) {
            leaf.refusedAgain(refusals.refuser(code, request.size), store.leastBytes(code, request.size))
            return null
        }
        return leaf.insist { takeOnce(code, request.size) }
    }

    private fun takeOnce(code: Int, size: Long): Taken? {
        take(code, size)?.let { return it }
        if (!shortage.mayTake) return null
        return reclaim.before { takeCollected(code, size) }
    }

    private fun takeCollected(code: Int, size: Long): Taken? {
        val returns = store.returns
        take(code, size)?.let { return it }
        if (exactIsSmaller(code, size)) mappings.take(size)?.let { return it }
        if (leaf.refusal != null) refusals.keep(code, size, returns)
        return null
    }

    private fun take(code: Int, size: Long): Taken? = if (code ==
        BlockKind.LARGE
    ) {
        mappings.take(size)
    } else {
        takeClass(code, size)
    }

    private fun takeClass(code: Int, size: Long): Taken? {
        val cache = caches.of(Thread.currentThread())
        val address = if (cache != null) cache.takeUnwatched(code) else takeSharedOrDirect(code)
        if (address == 0L) return null
        try {
            return Taken(address, code, anyThread)
        } catch (full: OutOfMemoryError) {
            anyThread.giveBack(address, code, size)
            throw full
        }
    }

    override fun takeShared(code: Int): Long {
        // Which are watched is drawn on the slow way.
        if (Sampling.every != 0) return 0
        StackRoom.require(CALLS_TO_SHARED)
        var address = 0L
        val _ = caches.withShared { address = it.takeUnwatched(code) }
        return address
    }

    override fun giveBackShared(address: Long, code: Int, size: Long) {
        if (!caches.withShared { it.giveBack(address, code, size) }) anyThread.giveBack(address, code, size)
    }

    private fun takeSharedOrDirect(code: Int): Long {
        var address = 0L
        if (caches.withShared { address = it.takeUnwatched(code) }) return address
        return magazines.takeDirect(code).also { countDirect(it, code) }
    }

    private fun countDirect(address: Long, code: Int) {
        if (address != 0L) counts.count(1, SizeClasses.sizeOf(code))
    }

    // The block of the size class may be too large for what the limit leaves, when pages for just these bytes are not.
    private fun exactIsSmaller(code: Int, size: Long): Boolean {
        val page = state.platform.pageSize
        return code != BlockKind.LARGE && (size + page - 1 and -page) < SizeClasses.sizeOf(code)
    }

    // ---- waiting ----

    override fun waiterFor(request: Request, thread: Thread?, wake: () -> Unit): Waiter {
        val code = codeOf(request)
        // Run by a thread that gives something back.
        return Waiter(thread, { takeForWaiter(thread, code, request.size) }, wake)
    }

    private fun takeForWaiter(thread: Thread?, code: Int, size: Long): Taken? {
        if (state.closed) return null
        val requester = thread ?: Thread.currentThread()
        leaf.forgetRefusal(requester)
        val taken = leaf.onBehalfOf(requester) {
            takeLocked(code, size) ?: if (exactIsSmaller(code, size)) mappings.takeLocked(size) else null
        }
        if (taken == null) reason.refused(requester)
        return taken
    }

    private fun takeLocked(code: Int, size: Long): Taken? {
        if (code == BlockKind.LARGE) return mappings.takeLocked(size)
        val address = store.take(code)
        if (address == 0L) return null
        try {
            return Taken(address, code, anyThread).also { countDirect(address, code) }
        } catch (full: OutOfMemoryError) {
            store.giveBack(address)
            throw full
        }
    }

    override fun resample(): Unit = registry.revoke(hold = false) { it.resample() }

    override fun collectForLine() {
        state.left.giveBack()
        reclaim.beforeLine()
    }

    override fun lend(isWanted: Boolean) {
        if (state.closed) return
        reclaim.lend(isWanted)
        if (isWanted) store.lock.withLock { store.trim() }
    }

    // ---- pages ----

    override fun takePages(count: Int): PageSource? = pages.take(count)

    override fun firstPageOf(id: Long): Long = pages.firstPageOf(id)

    override val mostPages: Long get() = Region.MOST_PAGES.toLong()

    // ---- figures, trim, close ----

    override fun tally(): Tally {
        state.left.giveBack()
        val sum = Tally()
        // Only then: figures that are read again and again must not keep the background awake.
        if (registry.sweep()) purge.expect()
        // In one step, so that a cache that is adopted meanwhile counts once.
        registry.locked {
            forEach { it.addTo(sum) }
            synchronized(departed) { sum.addAll(departed) }
        }
        counts.addTo(sum)
        return sum
    }

    override fun occupancy(mostSlabs: Int): Occupancy = Occupancy(mostSlabs).apply {
        val outBytes = store.addTo(this)
        val cached = LongArray(SizeClasses.COUNT)
        registry.forEach { it.addPresent(cached) }
        depot.addTo(cached)
        end(outBytes, cached, largeDepot.idleBytes)
    }

    override fun trim(): Long {
        StackRoom.require()
        state.left.giveBack()
        val before = store.lock.withLock { store.returnedBytes }
        reclaim.all(hold = false)
        return store.lock.withLock {
            store.trim()
            store.returnedBytes - before
        }
    }

    // What comes into a cache is told by its counts, what comes into a depot or into quarantine by the purge; all else
    // comes to the store.
    override val returns: Long
        get() {
            var sum = store.returns + purge.arrivals
            registry.locked {
                forEach { sum += it.arrivals }
                sum += synchronized(departed) { departed.arrivals }
            }
            return sum
        }

    override fun close(): Tally {
        StackRoom.require()
        state.left.giveBack()
        // So that what cannot be given back now, for want of heap, goes in the background.
        purge.expect()
        epochs.expectAging()
        state.closed = true
        line.close()
        reclaim.all(hold = true)
        store.lock.withLock { store.trim() }
        return tally()
    }

    // A thread may be using a view of its own, which no other can cut off. So the system takes the pages, which is what
    // costs, and the address space goes when nothing refers to this engine any more, as a block in use does.
    override fun abandon() {
        state.closed = true
        state.cleared = true
        line.close()
        registry.revoke(hold = true) {}
        state.arenas.closeAllSoon()
        val settled = state.settleAll {
            val mappings = store.lock.withLock { store.abandon() }
            unmapLater(state, mappings, state.arenas)
        }
        settled.forEach(Charge::notifySoftLimits)
    }

    private companion object {
        // How deep it goes in a shared cache. What goes further looks again.
        const val CALLS_TO_SHARED = 32

        // What is above a bound goes back later; see Purge.
        fun storeBound(keepsNothing: Boolean, state: EngineState): LongSupplier =
            LongSupplier { if (state.closed || keepsNothing) 0 else Long.MAX_VALUE }

        fun adopting(departed: Tally, store: SlabStore): (ThreadCache) -> Unit = { orphan ->
            store.lock.withLock { orphan.drainInto(store) }
            synchronized(departed) { orphan.addTo(departed) }
            orphan.retire()
        }

        /** Unmaps [mappings] when [state] and its last block are garbage, and all of [arenas] are closed. */
        fun unmapLater(state: EngineState, mappings: ReleasedMappings, arenas: Arenas) {
            // This must not refer to the state.
            Background.whenGarbage(state) {
                Background.untilDone(mappings) { arenas.closeAll().also { if (it) mappings.unmap() } }
            }
        }

        fun adopted(line: WaitLine, table: ThreadTable): () -> Unit = {
            table.retain { !it.isRetired }
            if (line.length > 0) line.serveNow()
        }
    }
}
