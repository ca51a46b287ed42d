package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.internal.block.Fence

/**
 * Slots whose objects can be held against a free on another thread.
 *
 * The word of a slot: its generation, a mark, whether it is free, and how many hold the object. All who have not got the
 * slot to themselves change it by compare-and-set.
 *
 *     hold      generation | no mark | n  ->  the same                | n + 1
 *     free      generation | no mark | 0  ->  generation + 1 | free    | 0
 *               generation | no mark | n  ->  generation + 1 | mark    | n       the object is dead, its slot still held
 *     let go                           n  ->  the same                | n - 1    at mark | 0 the slot becomes free
 *
 * So a free takes effect at once, though others hold the object; its slot is used again when the last has let go. The
 * thread that frees keeps the slot, in its cache, wherever it came from.
 */
internal open class HeldSlots(
    shape: SlotShape,
    manager: MemoryManager,
    private val name: String,
    fence: () -> Unit = Fence::everyThread,
) : Slots(shape, manager, fence) {
    private val packs = PackStack()

    final override fun lives(batch: SlotBatch, handle: Long): Boolean {
        val words = batch.words
        val slot = slotOf(handle)
        return isIndex(slot, words.size) && isOf(SlotWords.AT.getAcquire(words, slot) as Long, handle)
    }

    private fun isOf(word: Long, handle: Long) = (word xor (handle and ALL_OF_GENERATION)) and LIVING == 0L

    // ---- holding ----

    /** Keeps the slot of [handle] from being used again until [letGo]; false when the object does not live. */
    fun hold(handle: Long): Boolean {
        val words = (batchOf(handle) ?: return false).words
        val slot = slotOf(handle)
        if (!isIndex(slot, words.size)) return false
        while (true) {
            val seen = SlotWords.AT.getAcquire(words, slot) as Long
            if (!isOf(seen, handle)) return false
            check(seen and HOLDS != HOLDS) { "an object is held 1,073,741,823 times already" }
            if (change(words, slot, seen, seen + 1)) return true
        }
    }

    /** Ends a [hold]. */
    fun letGo(handle: Long) {
        val before = SlotWords.AT.getAndAdd(wordsOf(handle), slotOf(handle), -1L) as Long
        // The last has let go of an object that is dead.
        if (before and LOWER == MARK + 1) give(checkNotNull(batchOf(handle)), slotOf(handle), DEAD)
    }

    /** Changes the word of [slot], if it is [seen]. Open for a twin in tests. */
    protected open fun change(words: LongArray, slot: Int, seen: Long, next: Long): Boolean =
        SlotWords.AT.compareAndSet(words, slot, seen, next)

    // ---- freeing ----

    final override fun free(handle: Long): Boolean {
        val batch = batchOf(handle) ?: return false
        val slot = slotOf(handle)
        // What has no generation is no handle, but a word of the code below.
        return isIndex(slot, batch.words.size) && generationOf(handle) != 0L && give(batch, slot, handle) != NOT_LIVE
    }

    /** [end]s the object of [handle] and keeps the slot in a cache, in one step for those who gather what is free. */
    @IgnorableReturnValue
    private fun give(batch: SlotBatch, slot: Int, handle: Long): Long {
        val thread = Thread.currentThread()
        val cache = cacheOf(thread) ?: return giveUncached(thread, batch, slot, handle)
        val next = giveInto(cache, batch, slot, handle)
        return if (next != NO_ROOM) next else giveLocked(batch, slot, handle)
    }

    private fun giveUncached(thread: Thread, batch: SlotBatch, slot: Int, handle: Long): Long {
        val next = if (thread.isVirtual) withShared { giveInto(it, batch, slot, handle) } else NO_ROOM
        return if (next != 0L && next != NO_ROOM) next else giveLocked(batch, slot, handle)
    }

    private fun giveLocked(batch: SlotBatch, slot: Int, handle: Long): Long =
        keepLocked(batch) { end(batch, slot, handle) }

    private fun giveInto(cache: SlotCache, batch: SlotBatch, slot: Int, handle: Long): Long {
        if (cache.isFull) overflow(cache)
        cache.enter()
        var next = NO_ROOM
        if (!cache.revoked && !cache.isFull) {
            next = end(batch, slot, handle)
            if (generationOf(next) != 0L) cache.push(next)
        }
        cache.leave()
        return next
    }

    /**
     * Ends the object of [handle], or, when that is [DEAD], one that was freed while it was held. Returns the handle of
     * the next in its slot, or [KEPT] or [NOT_LIVE] when the slot is not free.
     */
    private fun end(batch: SlotBatch, slot: Int, handle: Long): Long {
        val words = batch.words
        while (true) {
            val seen = SlotWords.AT.getAcquire(words, slot) as Long
            if (handle == DEAD) {
                SlotWords.AT.setRelease(words, slot, seen and ALL_OF_GENERATION or FREE)
                return nextHandle(batch, slot, seen and ALL_OF_GENERATION)
            }
            if (!isOf(seen, handle)) return NOT_LIVE
            val holds = seen and HOLDS
            val next = (seen and ALL_OF_GENERATION) + ONE_GENERATION
            if (change(words, slot, seen, if (holds == 0L) next or FREE else next or MARK or holds)) {
                return if (holds != 0L) KEPT else nextHandle(batch, slot, next)
            }
        }
    }

    private fun nextHandle(batch: SlotBatch, slot: Int, word: Long): Long {
        if (generationOf(word) != 0L) return word or (batch.first + slot).toLong()
        batch.retire()
        return KEPT
    }

    /** Makes room in [cache], of the calling thread. */
    private fun overflow(cache: SlotCache) {
        if (cache.stack.size < FEWEST) return widen(cache)
        val node = PackStack.Node()
        val pack = HandlePack()
        cache.enter()
        if (!cache.revoked) cache.unload(pack)
        cache.leave()
        if (pack.count > 0) packs.push(node, pack)
    }

    private fun widen(cache: SlotCache) {
        val wider = LongArray(FEWEST)
        cache.enter()
        if (!cache.revoked) cache.widen(wider)
        cache.leave()
    }

    override fun refill(cache: SlotCache): Boolean {
        if (cache.stack.size < FEWEST) widen(cache)
        val node = PackStack.Node()
        val pack = packs.pop() ?: return false
        cache.enter()
        val mine = !cache.revoked
        if (mine) pack.forEach { cache.push(it) }
        cache.leave()
        if (!mine) packs.push(node, pack)
        return mine
    }

    override fun gatherPacks(into: (Long) -> Unit) {
        while (true) (packs.pop() ?: return).forEach(into)
    }

    override fun packed(): Long = packs.size

    override fun roomOf(cache: SlotCache): Int = FEWEST

    override fun wordOf(handle: Long): Long = handle and ALL_OF_GENERATION

    override fun firstWord(index: Int): Long = ONE_GENERATION or FREE

    override fun handleOf(batch: SlotBatch, slot: Int): Long =
        (batch.words[slot] and ALL_OF_GENERATION) or (batch.first + slot).toLong()

    override fun liveHandleOf(batch: SlotBatch, slot: Int): Long {
        val word = SlotWords.AT.getAcquire(batch.words, slot) as Long
        return if (word and (MARK or FREE) == 0L) handleOf(batch, slot) else 0
    }

    override fun tooManySlots(): MemoryException = SlotMessages.tooMany(name, shape)

    private companion object {
        const val LOWER = 0xFFFF_FFFFL
        const val HOLDS = FREE - 1

        /** What must be that of the handle, and no free slot has. */
        const val LIVING = ALL_OF_GENERATION or FREE

        // Without a generation, so none of them is a handle.
        const val NOT_LIVE = 1L
        const val KEPT = 2L
        const val NO_ROOM = 3L
        const val DEAD = 0L

        /** For how many slots a cache has room at the least. */
        const val FEWEST = 2 * HandlePack.ROOM
    }
}
