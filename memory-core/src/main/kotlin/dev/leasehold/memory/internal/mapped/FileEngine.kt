package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.MappedFileFullException
import dev.leasehold.memory.MappedFileReadOnlyException
import dev.leasehold.memory.MappedFileTruncatedException
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.Fence
import dev.leasehold.memory.internal.block.Ground
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.budget.Charge
import dev.leasehold.memory.internal.cache.CacheRegistry
import dev.leasehold.memory.internal.cache.Caches
import dev.leasehold.memory.internal.cache.Tally
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.memory.internal.cache.UncachedCounts
import dev.leasehold.memory.internal.engine.Engine
import dev.leasehold.memory.internal.engine.EngineConfig
import dev.leasehold.memory.internal.engine.HeldSource
import dev.leasehold.memory.internal.engine.PageSource
import dev.leasehold.memory.internal.engine.Taken
import dev.leasehold.memory.internal.engine.WaitLine
import dev.leasehold.memory.internal.engine.Waiter
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.store.Region
import java.nio.file.FileSystemException
import kotlin.concurrent.withLock

/**
 * The engine of blocks in a mapped file: thread caches over a depot over runs of spans, all in this process, and one
 * word in the file for each block and each span, which is the truth. To allocate a block is one store into the file,
 * and to free it is one.
 *
 * @param session this process's place in the file
 * @param growth how many bytes the file becomes longer by
 */
internal class FileEngine(
    private val config: EngineConfig,
    val session: FileSession,
    growth: Long,
    private val fence: () -> Unit = Fence::everyThread,
) : Engine(config.newState()) {
    private val leaf = state.leaf
    private val hygiene = config.hygiene
    private val counts = UncachedCounts()
    private val departed = Tally()
    private val store = FileStore(session.sessions, leaf, growth) { if (state.closed) 0 else config.idleBound }
    override val line = WaitLine(store.lock)
    private val supply = FileSupply(state, store, line, session.base, config.idleBound, hygiene, session::endIfUnused)
    private val ground = Ground { store.giveBack(it - session.base) }
    private val registry = CacheRegistry(fence, ::adopt, ::adopted)

    /** Blocks of size classes. */
    val blocks: FileBlocks = FileBlocks(state, session, store, supply, line, counts)
    private val caches = Caches(table, registry, supply, fence, blocks)
    private val epochs = EpochLedger(
        state.platform,
        config::quarantineBound,
        config.quarantineBlocks,
        state.arenas,
        blocks::leaveQuarantine,
    )
    override val anyThread: HeldSource = FileSource(state, session, blocks, epochs, hygiene)
    private val runs = FileRuns(state, session, store, line, counts, epochs, hygiene)

    /** The references to blocks, and what they lead to. */
    val references: FileReferences = FileReferences(state, session, line, counts, epochs, blocks, runs)

    init {
        state.left.source = anyThread
        // Later, when all parts are there: from now on the session hears of what others free.
        blocks.caches = caches
        session.sessions.holds.freeing = blocks::freeUnlinked
        session.isUnused = { leaf.reserved == 0L }
    }

    override fun cacheOfSlow(thread: Thread): ThreadCache? = if (session.isReadOnly) null else caches.of(thread)

    private fun adopt(orphan: ThreadCache) {
        store.lock.withLock { orphan.drainInto(ground) }
        synchronized(departed) { orphan.addTo(departed) }
        orphan.retire()
    }

    private fun adopted() {
        table.retain { !it.isRetired }
        line.serveNow()
    }

    // ---- taking ----

    private fun codeOf(request: Request): Int {
        val size = maxOf(request.size, 1)
        if (size > RunShape.LARGEST) return BlockKind.LARGE
        if (request.alignment == Request.NATURAL) return SizeClasses.indexOf(size)
        val code = SizeClasses.indexOf(size, request.alignment)
        return if (SizeClasses.sizeOf(code) > RunShape.LARGEST) BlockKind.LARGE else code
    }

    override fun take(request: Request): Taken? = session.guarded {
        if (session.isReadOnly) return null
        val code = codeOf(request)
        leaf.insist { takeOnce(code, request.size) }
    }

    private fun takeOnce(code: Int, size: Long): Taken? {
        takeNow(code, size)?.let { return it }
        if (state.closed || line.length > 0) return null
        collect()
        return takeNow(code, size) ?: if (code == BlockKind.LARGE) null else runs.take(size)
    }

    private fun takeNow(code: Int, size: Long): Taken? {
        if (code == BlockKind.LARGE) return runs.take(size)
        val address = blocks.take(code)
        return if (address == 0L) null else Taken(address, code, anyThread)
    }

    /** Brings all that lies idle in caches to the store. */
    private fun collect() {
        state.left.giveBack()
        registry.revoke(hold = false) { cache ->
            store.lock.withLock { cache.drainInto(ground) }
        }
        epochs.retireNow()
        supply.drain()
    }

    override fun waiterFor(request: Request, thread: Thread?, wake: () -> Unit): Waiter {
        val code = codeOf(request)
        return Waiter(thread, { takeForWaiter(thread, code, request.size) }, wake)
    }

    private fun takeForWaiter(thread: Thread?, code: Int, size: Long): Taken? {
        if (state.closed) return null
        return leaf.onBehalfOf(thread ?: Thread.currentThread()) {
            when (code) {
                BlockKind.LARGE -> runs.takeLocked(size)
                else -> blocks.takeLocked(code)?.let { Taken(it, code, anyThread) }
            }
        }
    }

    override fun refusalOf(size: Long, nanos: Long): RuntimeException? {
        if (session.isReadOnly) return MappedFileReadOnlyException(session.file.path)
        if (leaf.refusal != null) return null
        val owner = state.owner
        val path = session.file.path
        val most = bytes(session.layout.maxSpans * FileLayout.SPAN)
        val refused = store.runs.refused
        val why = if (refused != null) {
            val reason = (refused as? FileSystemException)?.reason ?: refused.message
            "the disk refused to make the file $path longer ($reason): make room on the disk, or close blocks"
        } else {
            "the file $path has reached its largest size of $most: close or unlink blocks, or make a file with a " +
                "larger maxSize"
        }
        return MappedFileFullException("$owner: ${bytes(size)} requested, and $why", owner.name, size, path)
    }

    override fun resample(): Unit = registry.revoke(hold = false) { it.resample() }

    override fun collectForLine() {
        collect()
        line.serveNow()
    }

    // ---- pages ----

    override fun takePages(count: Int): PageSource? = session.settled {
        if (session.isReadOnly) return null
        leaf.insist {
            runs.takePages(count) ?: if (state.closed) {
                null
            } else {
                collect()
                runs.takePages(count)
            }
        }
    }

    override fun firstPageOf(id: Long): Long = runs.firstPageOf(id)

    override val mostPages: Long
        get() = minOf(Region.MOST_PAGES.toLong(), RunShape.largeBytes(session.layout.maxSpans) / FileLayout.PAGE)

    // ---- figures, trim, close ----

    override fun tally(): Tally {
        state.left.giveBack()
        val sum = Tally()
        registry.sweep()
        registry.locked {
            forEach { it.addTo(sum) }
            synchronized(departed) { sum.addAll(departed) }
        }
        counts.addTo(sum)
        return sum
    }

    override fun trim(): Long = session.settled {
        if (!session.isOpen) return 0
        collect()
        store.lock.withLock { store.dropIdle() }
    }

    /** Gives the file's empty end back to the disk, where no other session has the file open. */
    fun compact(): Long = session.settled {
        val _ = trim()
        store.lock.withLock { store.runs.compact() }
    }

    override val returns: Long
        get() {
            var sum = store.returns
            registry.locked {
                forEach { sum += it.arrivals }
                sum += synchronized(departed) { departed.arrivals }
            }
            return sum
        }

    override fun close(): Tally {
        state.closed = true
        line.close()
        try {
            session.guarded(::giveAllBack)
        } catch (_: MappedFileTruncatedException) {
            return closeFailed()
        }
        session.endIfUnused()
        return tally()
    }

    private fun giveAllBack() {
        registry.revoke(hold = true) { cache ->
            store.lock.withLock { cache.drainInto(ground) }
        }
        registry.awaitHands()
        val _ = trim()
    }

    // Nothing can be put in order; the file is left to who restores it.
    private fun closeFailed(): Tally {
        registry.revoke(hold = true) {}
        registry.awaitHands()
        leaf.release(leaf.reserved)
        return tally().also { if (it.openLeases <= 0) session.endFailed() }
    }

    // Views in scopes go on, and meet zeros: the mapping no longer shows the file.
    override fun abandon() {
        state.closed = true
        state.cleared = true
        line.close()
        registry.revoke(hold = true) {}
        state.arenas.closeAllSoon()
        val settled = state.settleAll { store.lock.withLock { session.detach(::forgetAll) } }
        settled.forEach(Charge::notifySoftLimits)
        val session = session
        val arenas = state.arenas
        // This must not refer to the state.
        Background.whenGarbage(state) {
            Background.untilDone(session) { arenas.closeAll().also { if (it) session.unmap() } }
        }
    }

    private fun forgetAll() {
        store.forget()
        leaf.release(leaf.reserved)
    }
}
