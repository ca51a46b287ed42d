package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryManager
import java.lang.foreign.MemorySegment

/** The batches of an object pool, and what handles point to in them. Any thread looks; the lock is the pool's. */
internal abstract class SlotDirectory(protected val shape: SlotShape, private val manager: MemoryManager) {
    // Of the shape, one load nearer.
    private val shift = shape.shift
    private val mask = (1 shl shift) - 1
    private val stride = shape.stride
    private val size = shape.size

    // Replaced when it grows, under the lock. Not volatile: behind each such look the compiler would load all fields
    // anew. A thread has a handle from one that has seen the batch. Where it has it by a race, it finds the batch, or
    // that the object does not live.
    private var batches = arrayOfNulls<SlotBatch>(FIRST_BATCHES)

    /** How many slots there are. Under the lock. */
    protected var slotCount: Long = 0
        private set

    // ---- looking ----

    /** The batch that [handle] points into; null when there is none. */
    protected fun batchOf(handle: Long): SlotBatch? {
        val batches = batches
        val at = handle.toInt() ushr shift
        return if (isIndex(at, batches.size)) batches[at] else null
    }

    /** Which slot of its batch [handle] points to. */
    protected fun slotOf(handle: Long): Int = handle.toInt() and mask

    /** The words of the batch of [handle], which was given out by this pool. */
    protected fun wordsOf(handle: Long): LongArray = batches[handle.toInt() ushr shift]!!.words

    /** Whether [handle]'s object lives. */
    fun lives(handle: Long): Boolean {
        val batch = batchOf(handle)
        return batch != null && lives(batch, handle)
    }

    /** Whether [handle]'s object, which would be in [batch], lives. */
    protected abstract fun lives(batch: SlotBatch, handle: Long): Boolean

    /** The memory of [handle]'s object; null when it does not live. */
    fun find(handle: Long): MemorySegment? {
        val batch = batchOf(handle) ?: return null
        return if (lives(batch, handle)) segmentIn(batch, handle) else null
    }

    /** The memory of [handle]'s slot, in which an object is held. */
    fun segmentOf(handle: Long): MemorySegment? = batchOf(handle)?.let { segmentIn(it, handle) }

    private fun segmentIn(batch: SlotBatch, handle: Long) = batch.segment?.asSlice(slotOf(handle) * stride, size)

    // ---- adding and dropping, under the lock ----

    /** The batches that have memory. */
    protected val used: List<SlotBatch> get() = batches.filterNotNull().filter { it.block != null }

    /** A new batch of [slots] slots, which are [owner]'s. Where there is no memory for it, nothing has changed. */
    protected fun addBatch(owner: SlotCache, slots: Int): SlotBatch {
        val at = vacancy(slots)
        val batch = batches[at] ?: unusedBatch(at shl shift, slots)
        val block = manager.allocate(shape.bytesOf(slots), shape.alignment)
        try {
            batch.segment = block.keptSegment.asMemorySegment()
        } catch (failure: Throwable) {
            block.close()
            throw failure
        }
        batch.block = block
        batch.owner = owner
        owner.ownSlots += slots
        batches[at] = batch
        slotCount += slots
        return batch
    }

    // A place where a batch of as many slots was, or one that was never used.
    private fun vacancy(slots: Int): Int {
        var fresh = -1
        for (at in batches.indices) {
            val batch = batches[at]
            if (batch == null) {
                if (fresh < 0) fresh = at
            } else if (batch.block == null && batch.words.size == slots) {
                return at
            }
        }
        return if (fresh >= 0) fresh else grown()
    }

    private fun grown(): Int {
        val size = batches.size
        if (size.toLong() shl shift >= MOST_SLOTS) throw tooManySlots()
        batches = batches.copyOf(2 * size)
        return size
    }

    protected abstract fun tooManySlots(): MemoryException

    private fun unusedBatch(first: Int, slots: Int) = SlotBatch(LongArray(slots) { firstWord(first + it) }, first)

    /** The word of the slot at [index] before its first object. Open for a test that begins shortly before the end. */
    protected abstract fun firstWord(index: Int): Long

    /** Takes the memory of [batch] away; the caller closes it. The generations stay, and the handles are dead. */
    protected fun detach(batch: SlotBatch): Block {
        val block = checkNotNull(batch.block)
        val slots = batch.words.size
        batch.segment = null
        batch.block = null
        checkNotNull(batch.owner).ownSlots -= slots
        slotCount -= slots
        return block
    }

    /** The handle of the object in [slot] of [batch]; 0 when it has none. */
    protected abstract fun liveHandleOf(batch: SlotBatch, slot: Int): Long

    /** The handles of all objects that live now. */
    protected fun liveHandles(): LongArray {
        val found = HandleStack()
        for (batch in used) {
            for (slot in batch.words.indices) liveHandleOf(batch, slot).let { if (it != 0L) found.add(it) }
        }
        return found.toArray()
    }

    protected companion object {
        private const val FIRST_BATCHES = 8

        /** Whether [at] is an index of [size] elements: the very comparison that the access makes, and so no second. */
        fun isIndex(at: Int, size: Int): Boolean = Integer.compareUnsigned(at, size) < 0
    }
}
