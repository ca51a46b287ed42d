package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Arenas
import dev.leasehold.memory.internal.block.BlockHome
import dev.leasehold.memory.internal.block.Fence
import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Settleable
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.budget.Account
import dev.leasehold.memory.internal.cache.CacheRegistry
import dev.leasehold.memory.internal.cache.OtherCounts
import dev.leasehold.memory.internal.cache.Stripes
import dev.leasehold.memory.internal.cache.Tally
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.memory.internal.cache.ThreadTable
import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.store.SlabStore
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * One pool's machinery: thread caches over a depot over slabs, epochs beside them, and the way from one to the other.
 *
 * The engine takes blocks, sums the counts and ends; what else there is to do has a class each, which it makes here and through
 * which those find each other: [MagazineDesk], [EpochDesk], [PageDesk], [Pressure], [Requests], [ClassChanges]. What every rent
 * goes through, the [table], is the engine's own: one more step to it would be paid for by each.
 */
internal class SlabEngine(
    val owner: Any,
    val poolName: String,
    val account: Account,
    idleBound: Long,
    val hygiene: HygieneAction,
    quarantineBytes: Long,
    quarantineBlocks: Int,
    private val platform: Platform = Platform.current,
    val fence: () -> Unit = Fence::everyThread,
    largestClass: Long = SizeClasses.LARGEST,
) {
    private val store: SlabStore = SlabStore(platform, account) { magazines.storeMayKeep() }
    private val table = ThreadTable()
    private val departed = Tally()
    private val arenas = Arenas()

    /** Who waits for memory. */
    val line = WaitLine(store.lock)

    /** The counts of what no cache counts. */
    val counts = OtherCounts()

    /** The caches, for whoever has to reach into those of other threads. */
    val registry = CacheRegistry(fence, ::adopt)

    private val stripes = Stripes { newCache(null) }

    /** Where a block goes whose lease may end on any thread. */
    val anyThread: BlockHome = AnyThreadHome(this, store, stripes)

    /** Where caches exchange magazines of blocks. */
    val magazines = MagazineDesk(this, store, idleBound)

    /** Where shared leases find their tenure. */
    val epochs = EpochDesk(this, platform, arenas, table, stripes, quarantineBytes, quarantineBlocks)

    /** What is done when memory is short. */
    val pressure = Pressure(this, store, magazines, epochs)

    /** Where runs of pages come from. */
    val pages = PageDesk(this, store)

    /** The way from one size class to another. */
    val classes = ClassChanges(this, store)

    /** The way to a block for those whom no cache serves. */
    val requests = Requests(this, largestClass)

    /** What a block without bytes is made of: an address that nothing is ever read from. */
    val nothing = Taken(SizeClasses.PAGE, 0, NoHome())

    /** Whether [home] is that of [nothing]. */
    fun isNothing(home: BlockHome): Boolean = home === nothing.home

    private inner class NoHome : BlockHome(owner, poolName) {
        override fun bytesOf(code: Int): Long = 0

        override fun giveBack(address: Long, code: Int, size: Long): Unit = Unit
    }

    /** Whether the system can move and cut mappings. */
    val remaps: Boolean get() = platform.remaps

    @Volatile
    var closed = false
        private set

    /** Whether all memory was taken back, also what was allocated. */
    @Volatile
    var cleared = false
        private set

    /** What must be settled before all memory can be taken back. */
    val charges: MutableSet<Settleable> = ConcurrentHashMap.newKeySet()

    /** Held while what pays for a block changes, so that it does not while all memory is taken back. */
    val settling = ReentrantLock()

    // ---- caches ----

    /** The cache of [thread], which is the calling one; null for a virtual thread, which owns none. */
    fun cacheOf(thread: Thread): ThreadCache? = table.firstLook(thread.threadId()) ?: cacheOfSlow(thread)

    private fun cacheOfSlow(thread: Thread): ThreadCache? =
        if (thread.isVirtual) null else table.find(thread.threadId()) ?: newCache(thread).also(table::add)

    private fun newCache(thread: Thread?) =
        ThreadCache(this, thread?.threadId() ?: 0).also { registry.register(it, thread) }

    private fun adopt(orphan: ThreadCache) {
        synchronized(departed) { orphan.addTo(departed) }
        takeBack { orphan.drainInto(store::giveBack) }
        epochs.settle(orphan.share)
        table.retain { it !== orphan }
    }

    // ---- taking and giving back ----

    /** Whether a block may be taken out of turn: not past those who wait, and not when all is over. */
    val mayTake: Boolean get() = !closed && line.length == 0

    /** Whether what is idle belongs into the store. */
    val mustReturn: Boolean get() = closed || pressure.isOn

    /** Runs [action], which gives blocks back to the store, and serves those who wait for them. */
    inline fun takeBack(action: () -> Unit) {
        store.lock.withLock {
            action()
            line.serve()
        }
    }

    /** Takes a block of [classIndex] without the thread's own cache; null when it cannot be had. */
    fun takeAnywhere(classIndex: Int): Taken? {
        val address =
            stripes.withCache { it.take(classIndex) } ?: takeDirect(classIndex).also { countDirect(it, classIndex) }
        return if (address == 0L) null else Taken(address, classIndex, anyThread)
    }

    private fun countDirect(address: Long, classIndex: Int) {
        if (address != 0L) counts.count(1, SizeClasses.sizeOf(classIndex))
    }

    /** Takes one block from the store, uncounted; 0 when there is none, or others wait for it. */
    fun takeDirect(classIndex: Int): Long = if (mayTake) store.lock.withLock { store.take(classIndex) } else 0

    /** Takes a block that is no size class's, of at least [size] bytes; null when it cannot be had. */
    fun takeLarge(size: Long): Taken? = if (mayTake) store.lock.withLock { takeLargeLocked(size) } else null

    private fun takeLargeLocked(size: Long): Taken? {
        val region = store.takeLarge(size) ?: return null
        counts.count(1, region.bytes)
        return Taken(region.address, LARGE, LargeHome(this, store, region))
    }

    /**
     * Takes a block of [classIndex] (or, where that is [LARGE], of [size] bytes) for somebody in [line]. Under the
     * store's lock.
     */
    fun takeForWaiter(classIndex: Int, size: Long): Taken? {
        if (closed) return null
        if (classIndex == LARGE) return takeLargeLocked(size)
        val address = store.take(classIndex)
        if (address == 0L) return null
        countDirect(address, classIndex)
        return Taken(address, classIndex, anyThread)
    }

    /** Finds a tenure for a shared lease of [taken], for the thread that has [cache]. */
    fun place(cache: ThreadCache?, taken: Taken): Placed = epochs.place(cache, taken)

    // ---- figures, trim, close ----

    /** Sums every thread's counts. */
    fun tally(): Tally {
        val sum = Tally()
        registry.sweep()
        magazines.retired.sortAll()
        // In one step, so that a cache that is adopted meanwhile counts once.
        registry.locked {
            forEach { it.addTo(sum) }
            synchronized(departed) { sum.addAll(departed) }
        }
        counts.addTo(sum)
        sum.quarantinedIn -= magazines.retired.quarantinedOut
        return sum
    }

    /** Gives what is idle back to the system; answers how many bytes went, on the way to the store included. */
    fun trim(): Long {
        val before = store.lock.withLock { store.returnedBytes }
        pressure.reclaim(hold = false)
        return store.lock.withLock {
            store.trim()
            store.returnedBytes - before
        }
    }

    /** Closes; answers the tally of what is still leased. */
    fun close(): Tally {
        closed = true
        line.close()
        pressure.reclaim(hold = true)
        store.lock.withLock { store.trim() }
        return tally()
    }

    /**
     * Takes all memory back, also what is allocated, and is [cleared] and closed from then on.
     *
     * Views in shared arenas are cut off. A thread may be in the middle of using a view of its own, which nobody else can cut
     * off, so addresses are not given back at once: the system takes the pages, which is what costs, and the address
     * space goes when nobody refers to this engine any more, for whoever still uses a block does.
     */
    fun abandon() {
        closed = true
        cleared = true
        line.close()
        registry.revoke(hold = true) {}
        cutViews()
        val settled = ArrayList<Settleable>()
        val wreck = settling.withLock {
            for (charge in charges) {
                charge.settle()
                check(settled.add(charge))
            }
            store.lock.withLock { store.abandon() }
        }
        Wrecks.unmapLater(this, wreck, arenas)
        settled.forEach(Settleable::tell)
    }

    /** Cuts off all views in shared arenas: at once, or, while a native call uses one, when that is over. */
    fun cutViews() {
        if (!arenas.closeAll()) Background.untilDone(arenas, arenas::closeAll)
    }

    companion object {
        /** The code of a block that has a mapping of its own. */
        const val LARGE: Int = SizeClasses.COUNT
    }
}
