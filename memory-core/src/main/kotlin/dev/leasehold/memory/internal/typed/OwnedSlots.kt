package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.internal.block.Fence

/**
 * Slots that are freed without an atomic operation by the thread whose batch they are in.
 *
 * The word of a slot is the handle of its object, or, when it is free, that of the next one with a bit that says so. The
 * owner of the batch frees by a plain store. Any other thread *claims*: it sets a mark in the word, by compare-and-set
 * from the handle that it frees, and tells the batch; the owner collects what was claimed when its cache is empty, and
 * only then the slot is free.
 *
 *     owner                                another
 *     if (word == handle)                  if (word: handle -> handle with the mark)
 *         word = next, free; keep next         batch.queue(slot)
 *                                          owner, later: if (word has the mark) word = next, free; keep next
 *
 * Two threads that free the same object at the same moment is an error of theirs, and the one case in which the plain
 * store may overwrite a mark. Then both get true, but the owner finds no mark when it collects:
 * the slot comes back once.
 *
 * Rejected: a second word a slot for the claim, as the prototype had (a second load for each look), a list of claimed
 * slots through the slots (it breaks when a slot is claimed twice), and packs of handles (what is in a pack that is not
 * full is lost to the owner).
 */
internal open class OwnedSlots(
    shape: SlotShape,
    manager: MemoryManager,
    private val name: String,
    fence: () -> Unit = Fence::everyThread,
) : Slots(shape, manager, fence) {
    final override fun lives(batch: SlotBatch, handle: Long): Boolean {
        val words = batch.words
        val slot = slotOf(handle)
        return isIndex(slot, words.size) && SlotWords.AT.getAcquire(words, slot) as Long == handle
    }

    final override fun free(handle: Long): Boolean {
        val batch = batchOf(handle) ?: return false
        val words = batch.words
        val slot = slotOf(handle)
        if (!isIndex(slot, words.size)) return false
        val owner = batch.owner
        if (owner == null || owner.ownerId != Thread.currentThread().threadId()) return claim(batch, slot, handle)
        return freeOwn(owner, batch, words, slot, handle)
    }

    private fun freeOwn(cache: SlotCache, batch: SlotBatch, words: LongArray, slot: Int, handle: Long): Boolean {
        val next = handle + ONE_GENERATION
        cache.enter()
        val mine = !cache.revoked && generationOf(next) != 0L
        var freed = false
        if (mine && words[slot] == handle) {
            // What was written to the object is not seen after its end.
            SlotWords.AT.setRelease(words, slot, next or FREE)
            // There is room for all slots of its own.
            freed = cache.push(next)
        }
        cache.leave()
        return if (mine) freed else claim(batch, slot, handle)
    }

    private fun claim(batch: SlotBatch, slot: Int, handle: Long): Boolean {
        if (!mark(batch.words, slot, handle)) return false
        batch.queue(slot)
        if (isClosed) settle(batch)
        return true
    }

    /** Marks the word of [slot], if it is [handle]. Open for a twin in tests. */
    protected open fun mark(words: LongArray, slot: Int, handle: Long): Boolean =
        SlotWords.AT.compareAndSet(words, slot, handle, handle or MARK)

    override fun refill(cache: SlotCache): Boolean {
        if (cache.claimed.get() == null) return false
        cache.enter()
        if (!cache.revoked) collect(cache) { cache.push(it) }
        cache.leave()
        return true
    }

    override fun collect(cache: SlotCache, into: (Long) -> Unit) {
        var batch = cache.claimed.getAndSet(null)
        while (batch != null) {
            // Read before it can be queued again.
            val following = batch.next
            collect(batch, into)
            batch = following
        }
    }

    private fun collect(batch: SlotBatch, into: (Long) -> Unit) = batch.collect { slot ->
        val word = SlotWords.AT.getAcquire(batch.words, slot) as Long
        if (word and MARK != 0L) {
            val next = (word and MARK.inv()) + ONE_GENERATION
            SlotWords.AT.setRelease(batch.words, slot, next or FREE)
            if (generationOf(next) != 0L) into(next) else batch.retire()
        }
    }

    override fun roomOf(cache: SlotCache): Int = cache.ownSlots

    override fun wordOf(handle: Long): Long = handle

    override fun firstWord(index: Int): Long = ONE_GENERATION or index.toLong() or FREE

    override fun handleOf(batch: SlotBatch, slot: Int): Long = batch.words[slot] and UNUSED.inv()

    override fun liveHandleOf(batch: SlotBatch, slot: Int): Long {
        val word = SlotWords.AT.getAcquire(batch.words, slot) as Long
        return if (word and UNUSED == 0L) word else 0
    }

    override fun tooManySlots(): MemoryException = SlotMessages.tooMany(name, shape)

    private companion object {
        /** No handle has any of these. */
        const val UNUSED = MARK or FREE
    }
}
