package dev.leasehold.memory.support

import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.internal.block.Arenas
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.budget.Charge
import dev.leasehold.memory.internal.cache.Tally
import dev.leasehold.memory.internal.cache.UncachedCounts
import dev.leasehold.memory.internal.engine.Engine
import dev.leasehold.memory.internal.engine.EngineConfig
import dev.leasehold.memory.internal.engine.EngineState
import dev.leasehold.memory.internal.engine.HeldSource
import dev.leasehold.memory.internal.engine.PageSource
import dev.leasehold.memory.internal.engine.Taken
import dev.leasehold.memory.internal.engine.WaitLine
import dev.leasehold.memory.internal.engine.Waiter
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.epoch.KeptView
import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.store.Region
import java.util.concurrent.ConcurrentSkipListMap
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * An engine without slabs, size classes, caches and quarantine: a pointer that moves up in a mapped file, see
 * [BumpRegion], under one lock. It shows that an [Engine] can be something else than the library's own.
 */
internal open class BumpEngine(private val config: EngineConfig) : Engine(config.newState()) {
    private val lock = ReentrantLock()
    override val line = WaitLine(lock)
    private val page = state.platform.pageSize
    private val region = BumpRegion(state.leaf, state.platform, Region.MOST_PAGES * page)
    private val counts = UncachedCounts()
    private val views = EpochLedger(state.platform, { 0 }, 0, state.arenas) { error("no view is in an epoch") }
    private val serial = Region.nextSerial()

    // By the id of the first page.
    private val runs = ConcurrentSkipListMap<Long, RunSource>()

    /** No thread has a cache here. */
    override val anyThread: HeldSource get() = nothing.source

    /** The taken bytes from [from] to [until] in the region. */
    private class Piece(val from: Long, @Volatile var until: Long) {
        val size: Long get() = until - from
    }

    private fun rounded(size: Long) = (maxOf(size, 1) + UNIT - 1) and -UNIT

    private fun alignmentOf(size: Long) = if (size >= LINE) LINE else UNIT

    private fun addressOf(piece: Piece) = region.addressOf(piece.from)

    // ---- taking ----

    private fun takePiece(size: Long, alignment: Long): Piece? {
        if (state.closed) return null
        val from = region.take(rounded(size), maxOf(alignment, alignmentOf(size)))
        if (from < 0) return null
        counts.count(1, rounded(size))
        return Piece(from, from + rounded(size))
    }

    private fun takeBlock(request: Request): Taken? {
        val piece = takePiece(request.size, request.alignment) ?: return null
        return Taken(addressOf(piece), BlockKind.LARGE, PieceSource(piece))
    }

    private fun takeRun(count: Int): RunSource? =
        takePiece(count * page, page)?.let(::RunSource)?.also { runs[it.id] = it }

    /** Runs [attempt] under the lock, unless requests wait; again when others under a budget have given memory back. */
    private fun <T : Any> inTurn(attempt: () -> T?): T? =
        state.leaf.insist { lock.withLock { if (line.length == 0) attempt() else null } }

    override fun take(request: Request): Taken? = inTurn { takeBlock(request) }

    override fun takePages(count: Int): PageSource? = inTurn { takeRun(count) }

    override fun waiterFor(request: Request, thread: Thread?, wake: () -> Unit): Waiter =
        Waiter(thread, { state.leaf.onBehalfOf(thread ?: Thread.currentThread()) { takeBlock(request) } }, wake)

    // Nothing lies idle but the pages of holes, which every request looks at itself.
    override fun collectForLine(): Unit = line.serveNow()

    override fun firstPageOf(id: Long): Long {
        val run = runs.floorEntry(id)?.value ?: return 0
        return if (id < run.id + run.count) run.id else 0
    }

    override val mostPages: Long get() = Region.MOST_PAGES.toLong()

    // ---- giving back, and another size ----

    private fun giveBack(piece: Piece, size: Long) {
        if (config.hygiene.onClose) config.hygiene.ended(addressOf(piece), size)
        counts.count(-1, -piece.size)
        giveBack(piece.from, piece.until)
    }

    private fun giveBack(from: Long, until: Long) = line.serveAfter {
        if (!state.cleared) {
            region.giveBack(from, until)
            returns++
            if (region.idle > if (state.closed) 0 else config.idleBound) region.dropIdle()
            unmapIfDone()
        }
    }

    private fun unmapIfDone() {
        if (state.closed && region.taken == 0L) unmapSoon(region)
    }

    /** Moves the end of [piece] so that it has [size] bytes; false, and nothing changed, when it cannot grow there. */
    private fun resize(piece: Piece, size: Long): Boolean {
        val end = piece.from + rounded(size)
        val before = piece.until
        if (end > before && !(piece.from % alignmentOf(size) == 0L && extend(before, end))) return false
        counts.count(0, end - before)
        piece.until = end
        if (end < before) giveBack(end, before)
        return true
    }

    private fun extend(from: Long, until: Long) =
        inTurn { if (!state.closed && region.extend(from, until)) Unit else null } != null

    private inner class PieceSource(private val piece: Piece) : HeldSource(state) {
        override val cutsViews: Boolean get() = true

        override fun bytesOf(code: Int): Long = piece.size

        override fun giveBack(address: Long, code: Int, size: Long) = giveBack(piece, size)

        override fun keptView(address: Long, size: Long, code: Int, trace: Trace?): KeptView =
            views.ownView(address, size, trace)

        override fun returnsTail(code: Int, size: Long): Boolean = rounded(size) < piece.size

        override fun resize(address: Long, code: Int, from: Long, size: Long, alone: Boolean): Int =
            if ((size <= piece.size && !alone) || resize(piece, size)) code else NOT_HERE
    }

    private inner class RunSource(private val piece: Piece) : PageSource(state) {
        override val id: Long = Region.idOf(serial, (piece.from / page).toInt())
        override val address: Long get() = addressOf(piece)
        override val pageSize: Long get() = page

        val count: Long get() = piece.size / page

        override fun bytesOf(code: Int): Long = piece.size

        override fun giveBack(address: Long, code: Int, size: Long) {
            onFree()
            runs.remove(id)
            giveBack(piece, size)
        }

        override fun keptView(address: Long, size: Long, code: Int, trace: Trace?): KeptView =
            views.ownView(address, size, trace)

        override fun resize(address: Long, code: Int, from: Long, size: Long, alone: Boolean): Int =
            if (size == piece.size || ((size > piece.size || alone) && resize(piece, size))) code else NOT_HERE
    }

    // ---- figures, trim, close ----

    override fun tally(): Tally = Tally().also(counts::addTo)

    @Volatile
    final override var returns = 0L
        private set

    override fun trim(): Long = lock.withLock { region.dropIdle() }

    override fun close(): Tally {
        state.closed = true
        line.close()
        lock.withLock {
            region.dropIdle()
            unmapIfDone()
        }
        return tally()
    }

    override fun abandon() {
        state.closed = true
        state.cleared = true
        line.close()
        state.arenas.closeAllSoon()
        val settled = state.settleAll { lock.withLock(region::abandon) }
        settled.forEach(Charge::notifySoftLimits)
        unmapLater(state, region, state.arenas)
    }

    internal companion object {
        /** What every piece begins at, and has, a multiple of. */
        private const val UNIT = 16L

        /** From how many bytes on a piece begins at a multiple of as many. */
        private const val LINE = 64L

        /** A manager whose memory is that of temporary files. */
        fun manager(
            name: String,
            engine: (EngineConfig) -> Engine = ::BumpEngine,
            configure: ManagerOptions.() -> Unit = {},
        ): MemoryManager {
            val options = ManagerOptions().apply(configure)
            val config = SystemMemoryManager.configFor(name, options, Platform.current)
            return object : MemoryManager(options, config, false, engine) {}.also(MemoryManager::join)
        }

        private fun unmapSoon(region: BumpRegion) {
            if (!region.tryUnmap()) Background.untilDone(region, region::tryUnmap)
        }

        // Where views are bound to arenas, a thread may still use one of its own. It holds its block, and so the state.
        private fun unmapLater(state: EngineState, region: BumpRegion, arenas: Arenas) {
            if (!state.platform.bindsViews) return unmapSoon(region)
            Background.whenGarbage(state) { Background.untilDone(region) { arenas.closeAll() && region.tryUnmap() } }
        }
    }
}
