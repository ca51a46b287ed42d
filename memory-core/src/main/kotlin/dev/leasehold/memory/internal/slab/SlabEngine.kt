package dev.leasehold.memory.internal.slab

import dev.leasehold.memory.internal.platform.Platform
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.LongAdder
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * One pool's machinery: thread caches over a depot over slabs, epochs beside them, and the way from one to the other.
 *
 * **Pressure.** When the limit (or the system) stops a request, every cache is revoked and stays so, and what comes
 * back goes straight to the store, where those who wait are served. So idle memory is never the reason for a refusal.
 * When enough has come back, the caches are let go.
 */
internal class SlabEngine(
    val owner: Any,
    val poolName: String,
    val account: Account,
    private val idleBound: Long,
    val hygiene: HygieneAction,
    quarantineBytes: Long,
    quarantineBlocks: Int,
    private val platform: Platform = Platform.current,
    val fence: () -> Unit = Fence::everyThread,
    largestClass: Long = SizeClasses.LARGEST,
) : EpochLedger.Keeper,
    RetiredNotes.Engine {
    private val depot = Depot()
    private val store = SlabStore(platform, account, ::storeMayKeep)
    private val departed = Tally()
    private val registry = CacheRegistry(fence, ::adopt)
    private val otherRents = LongAdder()
    private val otherOpen = LongAdder()
    private val otherBytes = LongAdder()
    private val otherQuarantined = LongAdder()

    private val arenas = Arenas()

    // Bytes are cleaned when a lease closes, and a racing close must not clean what is somebody else's by then.
    val epochs =
        EpochLedger(owner, poolName, platform, quarantineBytes, quarantineBlocks, exact = hygiene.onClose, this, arenas)
    val line = WaitLine(store.lock)
    val anyThread: BlockHome = AnyThreadHome()

    /** Where runs of pages come from. */
    val pages = PageDesk(this, store, PageCounts())

    /** Whether [home] is that of [nothing]. */
    fun isNothing(home: BlockHome): Boolean = home === nothing.home

    /** What a block without bytes is made of: an address that nothing is ever read from. */
    val nothing = Taken(SizeClasses.PAGE, 0, NoHome())

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

    /** The way to a block for those whom no cache serves. */
    val requests = Requests(this, largestClass)

    /** Whether every cache is bypassed because memory is short. */
    @Volatile
    var pressure = false
        private set

    private val table = ThreadTable()
    private val stripes = Stripes { newCache(null) }

    /** The cache of [thread], which is the calling one; null for a virtual thread, which owns none. */
    fun cacheOf(thread: Thread): ThreadCache? = table.firstLook(thread.threadId()) ?: cacheOfSlow(thread)

    private fun cacheOfSlow(thread: Thread): ThreadCache? =
        if (thread.isVirtual) null else table.find(thread.threadId()) ?: newCache(thread).also(table::add)

    private fun newCache(thread: Thread?) =
        ThreadCache(this, thread?.threadId() ?: 0).also { registry.register(it, thread) }

    // ---- taking ----

    /** Takes a block of [classIndex] without the thread's own cache; null when it cannot be had. */
    fun takeAnywhere(classIndex: Int): Taken? {
        val address =
            stripes.withCache { it.take(classIndex) } ?: takeDirect(classIndex).also { countDirect(it, classIndex) }
        return if (address == 0L) null else Taken(address, classIndex, anyThread)
    }

    private fun countDirect(address: Long, classIndex: Int) {
        if (address != 0L) countOther(1, SizeClasses.sizeOf(classIndex))
    }

    private fun countOther(open: Long, bytes: Long) {
        if (open > 0) otherRents.add(open)
        otherOpen.add(open)
        otherBytes.add(bytes)
    }

    /** Takes one block from the store, uncounted; 0 when there is none, or others wait for it. */
    fun takeDirect(classIndex: Int): Long {
        if (closed || line.length > 0) return 0
        return store.lock.withLock { store.take(classIndex) }
    }

    /** Takes a block that is no size class's, of at least [size] bytes; null when it cannot be had. */
    fun takeLarge(size: Long): Taken? {
        if (closed || line.length > 0) return null
        return store.lock.withLock { takeLargeLocked(size) }
    }

    private fun takeLargeLocked(size: Long): Taken? {
        val region = store.takeLarge(size) ?: return null
        countOther(1, region.bytes)
        return Taken(region.address, LARGE, LargeHome(region))
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

    /** A magazine of blocks of [classIndex]: from the depot, else filled from the store; empty when neither has any. */
    fun fullMagazine(classIndex: Int): Magazine {
        depot.take(classIndex)?.let { return it }
        retired.take(classIndex) { depot.take(classIndex) }?.let { return it }
        val magazine = depot.takeEmpty(classIndex)
        if (closed || line.length > 0) return magazine
        store.lock.withLock {
            while (magazine.count < magazine.rounds.size) {
                val address = store.take(classIndex)
                if (address == 0L) break
                magazine.push(address)
            }
        }
        return magazine
    }

    // ---- giving back ----

    override fun emptyMagazine(classIndex: Int): Magazine = depot.takeEmpty(classIndex)

    /** Leaves [magazine] in the depot, or, when enough is idle or memory is short, its blocks in the store. */
    override fun disposeMagazine(classIndex: Int, magazine: Magazine) {
        if (magazine.count == 0) return disposeEmpty(classIndex, magazine)
        val bytes = magazine.count * SizeClasses.sizeOf(classIndex)
        if (mustReturn || depot.idleBytes + bytes > idleBound) return giveBackToStore(classIndex, magazine)
        depot.leave(classIndex, magazine)
        // Somebody who began to take everything back meanwhile may have passed the depot already.
        if (mustReturn) drainDepot()
    }

    // A magazine may have been a note.
    private fun disposeEmpty(classIndex: Int, magazine: Magazine) {
        if (magazine.rounds.size == CacheShape.magazineOf(classIndex)) {
            depot.leaveEmpty(classIndex, magazine)
        } else {
            epochs.spare(magazine)
        }
    }

    private val mustReturn get() = closed || pressure

    private fun giveBackToStore(classIndex: Int, magazine: Magazine) {
        store.lock.withLock {
            store.giveBackAll(magazine)
            line.serve()
        }
        disposeEmpty(classIndex, magazine)
        relieve()
    }

    private fun giveBackDirect(address: Long) {
        store.lock.withLock {
            store.giveBack(address)
            line.serve()
        }
        relieve()
    }

    private fun drainDepot() = depot.drain(::giveBackToStore)

    private fun storeMayKeep(): Long = if (closed) 0 else idleBound - depot.idleBytes

    /** Where a block goes whose lease may end on any thread. */
    private inner class AnyThreadHome : BlockHome(owner, poolName) {
        override fun giveBack(address: Long, code: Int, size: Long) {
            val cache = cacheOf(Thread.currentThread())
            if (cache != null) return cache.giveBack(address, code, size)
            if (stripes.withCache { it.giveBack(address, code, size) } != null) return
            if (hygiene.onClose) hygiene.ended(address, size)
            countOther(-1, -SizeClasses.sizeOf(code))
            giveBackDirect(address)
        }
    }

    private inner class PageCounts : PageDesk.Counts {
        override fun countPages(runs: Long, bytes: Long) = countOther(runs, bytes)

        override fun pagesCameBack() = relieve()
    }

    private inner class NoHome : BlockHome(owner, poolName) {
        override fun bytesOf(code: Int): Long = 0

        override fun giveBack(address: Long, code: Int, size: Long): Unit = Unit
    }

    private fun changeClassOnce(address: Long, from: Int, to: Int): Boolean = store.lock.withLock {
        if (to > from) return store.tryExtend(address, from, to)
        store.shrink(address, from, to)
        line.serve()
        true
    }

    /** Where a block with a mapping of its own goes, and how it grows. */
    inner class LargeHome(private var region: LargeBlocks.Region) : BlockHome(owner, poolName) {
        /** Where the mapping begins. */
        val address: Long get() = region.address

        /** How many bytes it has. */
        val capacity: Long get() = region.bytes

        /**
         * Makes the mapping as long as [size] bytes need; with [mayMove] its address may change.
         *
         * @return false when neither the limit nor the system allows it; then nothing has changed
         */
        @IgnorableReturnValue
        fun resize(size: Long, mayMove: Boolean): Boolean {
            val resized = account.insist { store.resizeLarge(region, size, mayMove) } ?: return false
            countOther(0, resized.bytes - region.bytes)
            region = resized
            return true
        }

        override fun bytesOf(code: Int): Long = region.bytes

        override fun giveBack(address: Long, code: Int, size: Long) {
            if (hygiene.onClose) hygiene.ended(address, size)
            countOther(-1, -region.bytes)
            store.lock.withLock {
                store.giveBackLarge(region)
                line.serve()
            }
            relieve()
        }
    }

    /** Whether blocks of [classIndex] can change their class where they lie. */
    fun isSpan(classIndex: Int): Boolean = store.isSpan(classIndex)

    /** Whether the system can move and cut mappings. */
    val remaps: Boolean get() = platform.remaps

    /**
     * Makes the block at [address], of class [from], one of class [to] where it lies.
     *
     * @return false when it cannot become one there; then nothing has changed
     */
    fun tryChangeClass(address: Long, from: Int, to: Int): Boolean {
        if (!store.isSpan(from) || !store.isSpan(to)) return false
        val changed = account.insist { if (changeClassOnce(address, from, to)) Unit else null }
        if (changed == null) return false
        countOther(0, SizeClasses.sizeOf(to) - SizeClasses.sizeOf(from))
        return true
    }

    // ---- shared leases ----

    /** Finds a tenure for a shared lease of [taken]: a place in an epoch, or an arena of its own. */
    fun place(cache: ThreadCache?, taken: Taken): Placed {
        val bytes = if (taken.code == LARGE) Long.MAX_VALUE else SizeClasses.sizeOf(taken.code)
        if (pressure || taken.home.wantsOwnArena || !epochs.accepts(bytes)) {
            epochs.relax(bytes)
            val own = OwnArena(platform, taken.home, arenas)
            return Placed(taken.address, taken.code, own, own.arena)
        }
        val ticket = ticketFor(cache, bytes)
        return Placed(taken.address, PackedBlock.word(taken.code, ticket.number), ticket.epoch, ticket.epoch.arena)
    }

    private fun ticketFor(cache: ThreadCache?, bytes: Long): Ticket {
        if (cache != null) return ticketFrom(cache, bytes)
        return stripes.withCache { ticketFrom(it, bytes) } ?: epochs.grant(1, bytes)
    }

    private fun ticketFrom(cache: ThreadCache, bytes: Long): Ticket {
        val share = cache.share
        var had = false
        cache.whileMine { had = share.takeTicket(bytes) }
        if (had) return Ticket(checkNotNull(share.tickets), share.lastTicket)
        val batch = epochs.batchOf(bytes)
        val first = epochs.grant(batch, batch * bytes)
        val previous = share.tickets
        var unused = 0
        val put = cache.whileMine {
            unused = share.dropTickets()
            share.putTickets(first, batch - 1, (batch - 1) * bytes)
        }
        previous?.giveUp(unused)
        if (!put) first.epoch.giveUp(batch - 1)
        return first
    }

    override fun note(epoch: Epoch, packed: Long, size: Long) {
        if (hygiene.onClose) hygiene.ended(PackedBlock.address(packed), size)
        val cache = cacheOf(Thread.currentThread())
        if (cache != null) return noteIn(cache, epoch, packed)
        if (stripes.withCache { noteIn(it, epoch, packed) } != null) return
        val bytes = SizeClasses.sizeOf(PackedBlock.code(packed))
        countOther(-1, -bytes)
        depositOne(epoch, packed, bytes)
    }

    private fun noteIn(cache: ThreadCache, epoch: Epoch, packed: Long) {
        if (cache.quarantine(epoch, packed)) return
        val fresh = epochs.emptyNote()
        var full = fresh
        var of: Epoch? = null
        val mine = cache.whileMine {
            of = cache.share.noted
            full = cache.share.turn(epoch, fresh)
            check(cache.share.quarantine(epoch, packed))
        }
        if (mine) return report(of, full)
        epochs.spare(fresh)
        depositOne(epoch, packed, SizeClasses.sizeOf(PackedBlock.code(packed)))
    }

    private fun report(epoch: Epoch?, note: Magazine) {
        if (epoch != null &&
            note.count > 0
        ) {
            epoch.deposit(note)
        } else if (note !== EpochShare.NOTHING) {
            epochs.spare(note)
        }
    }

    override fun reportedTwice(packed: Long) {
        val bytes = SizeClasses.sizeOf(PackedBlock.code(packed))
        otherOpen.add(1)
        otherBytes.add(bytes)
        otherQuarantined.add(-bytes)
    }

    override fun noteClaimed(epoch: Epoch, packed: Long) {
        val bytes = SizeClasses.sizeOf(PackedBlock.code(packed))
        countOther(-1, -bytes)
        otherQuarantined.add(bytes)
        epoch.depositClaimed(Magazine(1).apply { push(packed) })
        if (closed || line.length > 0) epochs.retireNow()
    }

    private fun depositOne(epoch: Epoch, packed: Long, bytes: Long) {
        otherQuarantined.add(bytes)
        epoch.deposit(Magazine(1).apply { push(packed) })
        // A ticket may have been drawn just when the pool ran short or closed, from an epoch that nobody would seal.
        if (closed || line.length > 0) epochs.retireNow()
    }

    private val retired = RetiredNotes(hygiene, this)

    override fun recycle(note: Magazine) = retired.add(note)

    override fun recycled() {
        if (mustReturn || line.length > 0) retired.sortAll()
    }

    override fun spareNote(note: Magazine) = epochs.spare(note)

    override fun settle() = registry.revoke(hold = false) { settleShare(it.share) }

    private fun settleShare(share: EpochShare) {
        share.tickets?.giveUp(share.dropTickets())
        val of = share.noted
        report(of, share.turn(null, EpochShare.NOTHING))
    }

    // ---- pressure, trim, close ----

    // Held through a whole reclaim, so that a second request does not give up while the first is still collecting.
    private val pressing = ReentrantLock()

    // Requests between their press and their look. Under [pressing].
    private var pressers = 0

    /** Takes every idle block back into the store. */
    private fun reclaim(hold: Boolean) {
        registry.revoke(hold) { cache ->
            store.lock.withLock { cache.drainInto(store::giveBack) }
            settleShare(cache.share)
        }
        epochs.retireNow()
        retired.sortAll()
        drainDepot()
    }

    /**
     * Makes every idle byte available to [request], and keeps it from the caches until [request] has looked: what to do
     * when a request was refused.
     */
    fun <T> pressed(request: () -> T): T {
        pressing.withLock { pressers++ }
        try {
            pressing.withLock { press() }
            return request()
        } finally {
            pressing.withLock { pressers-- }
            relieve()
        }
    }

    private fun press() {
        if (pressure) {
            epochs.retireNow()
            retired.sortAll()
        } else {
            pressure = true
            reclaim(hold = true)
            // A thread that was between the depot and its cache finds the cache revoked, and brings its magazine here.
            registry.awaitHands()
        }
        retired.awaitSorters()
        drainDepot()
    }

    /**
     * [pressed] for somebody who has just joined [line]: what came back before that went to caches, not to the
     * line.
     */
    fun pressForLine() = pressed { store.lock.withLock { line.serve() } }

    private fun relieve() {
        if (!pressure || closed || line.length > 0) return
        val out = store.lock.withLock { store.outBytes }
        if (out > account.limit / 4 * 3) return
        // Never waited for: this runs under the ledger's lock too, which a press takes. Who has it relieves when done.
        if (!pressing.tryLock()) return
        try {
            if (pressers > 0 || line.length > 0) return
            pressure = false
            registry.letGo { !closed }
        } finally {
            pressing.unlock()
        }
    }

    /** Gives what is idle back to the system; answers how many bytes went, on the way to the store included. */
    fun trim(): Long {
        val before = store.lock.withLock { store.returnedBytes }
        reclaim(hold = false)
        return store.lock.withLock {
            store.trim()
            store.returnedBytes - before
        }
    }

    /** Closes; answers the tally of what is still leased. */
    fun close(): Tally {
        closed = true
        line.close()
        reclaim(hold = true)
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
        if (!arenas.closeAll()) Retirer.untilDone(arenas, arenas::closeAll)
    }

    private fun adopt(orphan: ThreadCache) {
        synchronized(departed) { orphan.addTo(departed) }
        store.lock.withLock {
            orphan.drainInto(store::giveBack)
            line.serve()
        }
        settleShare(orphan.share)
        table.retain { it !== orphan }
    }

    /** Sums every thread's counts. */
    fun tally(): Tally {
        val sum = Tally()
        registry.sweep()
        retired.sortAll()
        // In one step, so that a cache that is adopted meanwhile counts once.
        registry.locked {
            forEach { it.addTo(sum) }
            synchronized(departed) { sum.addAll(departed) }
        }
        sum.addOthers(otherRents.sum(), otherOpen.sum(), otherBytes.sum())
        sum.quarantinedIn += otherQuarantined.sum() - retired.quarantinedOut
        return sum
    }

    companion object {
        /** The code of a block that has a mapping of its own. */
        const val LARGE: Int = SizeClasses.COUNT
    }
}
