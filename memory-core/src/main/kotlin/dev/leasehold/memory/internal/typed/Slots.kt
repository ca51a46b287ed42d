package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.internal.block.Fence
import java.lang.invoke.VarHandle
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/*
 * The slots of an object pool: equal pieces of blocks that are allocated when they are needed. A slot is free or holds
 * an object; its word says which generation of objects it is at.
 *
 * A thread takes slots out of a cache of its own, where they lie as ready-made handles, newest first: no atomic
 * operation and no look at the word. When the cache is empty the thread looks, in this order, at
 *
 *   what others freed of its slots, or what overflowed from others' caches     without a lock
 *   what lies here, and in the caches of threads that have ended               under the lock
 *   a new batch, which belongs to the cache from then on                       under the lock
 *   what lies in all other caches, when there is no room for a new batch       a handshake
 *
 * In the last case slots are scarce. The caches stay revoked then, and all goes through the lock, until a quarter of
 * the slots is free: so a pool at its capacity finds what others free, and needs no handshake for a refusal.
 */
internal abstract class Slots(
    shape: SlotShape,
    manager: MemoryManager,
    private val fence: () -> Unit = Fence::everyThread,
) : SlotDirectory(shape, manager) {
    private val lock = ReentrantLock()
    private val table = SlotTable()
    private val caches = ArrayList<SlotCache>()
    private val shared = List(sharedCount()) { SlotCache() }

    // Owns what is allocated when no cache is at hand. Only ever touched under the lock.
    private val common = SlotCache().apply { revoked = true }

    // Free slots that are in no cache. Under the lock.
    private val free = HandleStack()

    @Volatile
    private var scarce = false

    /** Whether nothing is taken any more. */
    @Volatile
    var isClosed = false
        private set

    // ---- taking ----

    /** Takes a slot for an object; returns its handle, or 0 when none can be had. */
    fun take(): Long {
        val thread = Thread.currentThread()
        return takeWith(table.find(thread.threadId()) ?: return takeUncached(thread))
    }

    private fun takeWith(cache: SlotCache): Long {
        val cached = takeFrom(cache)
        val handle = if (cached != 0L) cached else takeSlow(cache)
        if (handle == 0L) return handle
        // No handle that was never given out names anything, such as that of another pool.
        SlotWords.AT.setRelease(wordsOf(handle), slotOf(handle), wordOf(handle))
        // Who reads what is written to the object from here on does not find its slot as it was before.
        VarHandle.storeStoreFence()
        return handle
    }

    /** The word of the slot in which the object of [handle] lives. */
    protected abstract fun wordOf(handle: Long): Long

    private fun takeFrom(cache: SlotCache): Long {
        cache.enter()
        val handle = if (cache.revoked) 0L else cache.pop()
        cache.leave()
        return handle
    }

    private fun takeUncached(thread: Thread): Long {
        if (!thread.isVirtual) return takeWith(lock.withLock { register(thread) })
        val handle = withShared(::takeWith)
        return if (handle != 0L) handle else takeWith(common)
    }

    /** The cache that the calling thread may use just now, if it has one of its own. */
    protected fun cacheOf(thread: Thread): SlotCache? = table.find(thread.threadId())

    /** Runs [action] with a cache that threads share, and that no other uses meanwhile; 0 when all are in use. */
    protected inline fun withShared(action: (SlotCache) -> Long): Long {
        val start = Thread.currentThread().threadId().toInt()
        for (step in shared.indices) {
            val cache = shared[(start + step) and (shared.size - 1)]
            if (cache.taken.get() || !cache.taken.compareAndSet(false, true)) continue
            try {
                return action(cache)
            } finally {
                cache.taken.set(false)
            }
        }
        return 0
    }

    private fun register(thread: Thread): SlotCache {
        // A new thread takes over from one that has ended, batches and all.
        val cache = caches.firstOrNull(SlotCache::isOrphan) ?: SlotCache().also(caches::add)
        cache.belongTo(thread)
        cache.revoked = scarce || isClosed
        table.rebuild(caches)
        return cache
    }

    private fun takeSlow(cache: SlotCache): Long {
        if (cache !== common && refill(cache)) takeFrom(cache).let { if (it != 0L) return it }
        return lock.withLock { takeLocked(cache) }
    }

    /** Brings slots into [cache], of the calling thread, that can be had without the lock; false when there are none. */
    protected abstract fun refill(cache: SlotCache): Boolean

    private fun takeLocked(cache: SlotCache): Long {
        if (isClosed) return 0
        if (scarce) gather() else gatherLeft()
        if (free.isEmpty && tryAddBatch(cache) && !cache.revoked) return takeFrom(cache)
        if (free.isEmpty && !scarce) {
            revoke()
            scarce = true
            gather()
        }
        share(cache)
        return free.pop()
    }

    // Leaves the state in which all goes through the lock when enough is free, and fills the cache that came for it.
    private fun share(cache: SlotCache) {
        if (scarce && free.size > slotCount / RELIEVED_PART) letGo()
        if (!cache.revoked) fill(cache, minOf(free.size - 1, PACK))
    }

    private fun fill(cache: SlotCache, wanted: Int) {
        if (wanted <= 0) return
        reserveRoom(cache, wanted)
        cache.enter()
        repeat(wanted) { cache.push(free.pop()) }
        cache.leave()
    }

    private fun reserveRoom(cache: SlotCache, more: Int) {
        val needed = roomOf(cache) + cache.top + more
        if (cache.stack.size < needed) cache.stack = cache.stack.copyOf(needed)
    }

    /** For how many slots [cache] must have room besides those that lie there. */
    protected abstract fun roomOf(cache: SlotCache): Int

    // ---- batches ----

    /** Why there is no new batch; null where the capacity is reached. Of the last that failed. */
    @Volatile
    var failure: MemoryException? = null
        private set

    private fun tryAddBatch(cache: SlotCache): Boolean {
        failure = null
        val slots = minOf(shape.batchSize.toLong(), shape.capacity - slotCount).toInt()
        if (slots <= 0) return false
        return try {
            addFreeBatch(cache, slots)
            true
        } catch (refusal: MemoryException) {
            failure = refusal
            false
        }
    }

    private fun addFreeBatch(owner: SlotCache, slots: Int) {
        // Whatever can fail comes first.
        free.reserve(slots)
        reserveRoom(owner, slots)
        val batch = addBatch(owner, slots)
        // The first slot is the first to be taken.
        for (slot in if (owner.revoked) slots - 1 downTo 0 else 0..<slots) {
            val handle = handleOf(batch, slot)
            if (generationOf(handle) != 0L) free.push(handle)
        }
        if (!owner.revoked) fill(owner, batch.usable)
    }

    /** The handle of the next object in [slot] of [batch], which is free; without a generation when it is retired. */
    protected abstract fun handleOf(batch: SlotBatch, slot: Int): Long

    /** Frees the slot of [handle]; false, and nothing happens, when its object does not live. */
    abstract fun free(handle: Long): Boolean

    // ---- under the lock, with the caches of others ----

    private fun revoke() {
        for (cache in caches) cache.revoked = true
        for (cache in shared) cache.revoked = true
        fence()
        for (cache in caches) cache.awaitIdle()
        for (cache in shared) cache.awaitIdle()
    }

    private fun letGo() {
        scarce = false
        for (cache in caches) cache.revoked = false
        for (cache in shared) cache.revoked = false
    }

    // All that is free comes here. While the caches are revoked.
    private fun gather() {
        for (cache in caches) gather(cache)
        for (cache in shared) gather(cache)
        gather(common)
        free.reserve(packed().toInt())
        gatherPacks(free::push)
    }

    // For a cache that is revoked, or whose thread has ended: that touches nothing any more.
    private fun gather(cache: SlotCache) {
        // Nothing may be lost on the way because the heap is full.
        free.reserve(cache.present + cache.ownSlots)
        while (true) free.push(cache.pop().also { if (it == 0L) break })
        collect(cache, free::push)
    }

    private fun gatherLeft() {
        for (cache in caches) if (cache.isOrphan) gather(cache)
        if (free.isEmpty) gather(common)
    }

    /** Hands each slot of the batches of [cache] that others have freed to [into]. */
    protected open fun collect(cache: SlotCache, into: (Long) -> Unit) = Unit

    /** Hands each free slot that overflowed from a cache to [into]. */
    protected open fun gatherPacks(into: (Long) -> Unit) = Unit

    /** About how many such there are. */
    protected open fun packed(): Long = 0

    /** Runs [free], which needs no cache, under the lock; keeps the handle that it returns, unless that is no slot's. */
    protected inline fun keepLocked(batch: SlotBatch, free: () -> Long): Long = lock.withLock {
        this.free.reserve(1)
        val next = free()
        if (generationOf(next) != 0L) this.free.push(next)
        if (isClosed) settleLocked(batch)
        next
    }

    // ---- figures, trim, close ----

    /** Gives the blocks of batches without an object back; returns how many bytes they had. */
    fun trim(): Long = lock.withLock { if (isClosed) 0 else whileRevoked(::dropFree) }

    private inline fun <R> whileRevoked(action: () -> R): R {
        revoke()
        try {
            gather()
            return action()
        } finally {
            if (!scarce && !isClosed) letGo()
        }
    }

    private fun dropFree(): Long {
        val all = used
        for (batch in all) batch.found = 0
        free.forEach { checkNotNull(batchOf(it)).found++ }
        val idle = all.filter(::isIdle)
        if (idle.isEmpty()) return 0
        // Before the first change, so that nothing is lost where the heap is full.
        val blocks = ArrayList<Block>(idle.size)
        free.removeIf { handle -> isIdle(checkNotNull(batchOf(handle))) }
        idle.forEach { blocks.add(detach(it)) }
        closeAll(blocks)
        return idle.sumOf { shape.bytesOf(it.words.size) }
    }

    private fun isIdle(batch: SlotBatch) = batch.block != null && batch.found == batch.usable

    /** Takes nothing more; the memory of each batch goes when its last object goes. */
    fun close(): Unit = lock.withLock {
        if (isClosed) return
        revoke()
        isClosed = true
        gather()
        try {
            val _ = dropFree()
        } finally {
            // From here on each batch counts for itself.
            free.clear()
        }
    }

    /** After the end: lets the memory of [batch] go if its last object has gone. */
    protected fun settle(batch: SlotBatch): Unit = lock.withLock { settleLocked(batch) }

    private fun settleLocked(batch: SlotBatch) {
        val idle = ArrayList<Block>(used.size)
        gather(checkNotNull(batch.owner))
        gatherPacks(free::push)
        free.forEach { checkNotNull(batchOf(it)).found++ }
        free.forEach { handle -> detachIfIdle(checkNotNull(batchOf(handle)), idle) }
        free.clear()
        detachIfIdle(batch, idle)
        closeAll(idle)
    }

    private fun detachIfIdle(batch: SlotBatch, into: ArrayList<Block>) {
        if (isIdle(batch)) into.add(detach(batch))
    }

    /** The handles of all objects that live now. */
    fun live(): LongArray = lock.withLock { liveHandles() }

    /** The figures of this moment. */
    fun tally(): SlotTally = lock.withLock {
        val used = used
        val retired = used.sumOf { (it.words.size - it.usable).toLong() }
        val cached = (caches + shared + common).sumOf { it.present.toLong() }
        val found = if (isClosed) used.sumOf { it.found.toLong() } else 0
        val idle = cached + used.sumOf { it.waiting.toLong() } + packed() + free.size + found
        val free = minOf(slotCount - retired, idle)
        SlotTally(used.size, slotCount, slotCount * shape.stride, slotCount - retired - free, free, retired)
    }

    protected companion object {
        /** How many slots are moved at a time. */
        const val PACK: Int = HandlePack.ROOM
        private const val RELIEVED_PART = 4

        private fun sharedCount() = Integer.highestOneBit(2 * Runtime.getRuntime().availableProcessors() - 1) shl 1
    }
}
