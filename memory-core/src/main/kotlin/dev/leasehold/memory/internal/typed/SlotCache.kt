package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.internal.cache.BusyRegion
import java.lang.ref.WeakReference
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicReference

/**
 * Free slots within reach of one thread, as handles that are ready to be given out: the newest in [hot], the others on
 * a stack. Its owner takes and keeps without an atomic operation; others, who hold the lock of the pool, may do so
 * after a handshake, by the protocol of [ThreadCache][dev.leasehold.memory.internal.cache.ThreadCache]: set [revoked],
 * fence, wait until the owner has left its region.
 */
internal class SlotCache : BusyRegion() {
    /** The id of the thread that owns this; 0 where threads share it. */
    @Volatile
    @JvmField
    var ownerId = 0L

    /** Whether the owner must leave this alone. */
    @Volatile
    @JvmField
    var revoked = false

    @JvmField
    var hot = 0L

    @JvmField
    var stack: LongArray = NOTHING

    @JvmField
    var top = 0

    /** How many slots there are in batches that belong to this. Under the lock of the pool. */
    var ownSlots = 0

    /** Batches that belong to this and have slots that others freed. */
    @JvmField
    val claimed = AtomicReference<SlotBatch?>()

    /** Whether a thread uses this, where threads share it. */
    val taken = AtomicBoolean()

    private var thread: WeakReference<Thread>? = null

    /** Whether the owner has ended: then this goes to the next that has none. Under the lock of the pool. */
    val isOrphan: Boolean get() = thread.let { it != null && it.get()?.isAlive != true }

    /** How many free slots lie here. */
    val present: Int get() = if (hot == 0L) top else top + 1

    /** Makes [owner] the owner. Under the lock of the pool. */
    fun belongTo(owner: Thread) {
        thread = WeakReference(owner)
        ownerId = owner.threadId()
    }

    /** Takes the newest; 0 when there is none. Inside the region, or revoked and with the lock. */
    fun pop(): Long {
        val newest = hot
        if (newest != 0L) {
            hot = 0
            return newest
        }
        val below = top
        if (below == 0) return 0
        top = below - 1
        return stack[below - 1]
    }

    /** Keeps [handle]; false when there is no room. As [pop]. */
    @IgnorableReturnValue
    fun push(handle: Long): Boolean {
        val newest = hot
        if (newest != 0L) {
            val below = top
            if (below == stack.size) return false
            stack[below] = newest
            top = below + 1
        }
        hot = handle
        return true
    }

    /** Whether [push] has no room. */
    val isFull: Boolean get() = hot != 0L && top == stack.size

    /** Moves the coldest into [pack], which is empty. As [pop]. */
    fun unload(pack: HandlePack) {
        val moved = minOf(HandlePack.ROOM, top)
        for (at in 0 until moved) pack.add(stack[at])
        System.arraycopy(stack, moved, stack, 0, top - moved)
        top -= moved
    }

    /** Goes on with [wider] as the stack. As [pop]. */
    fun widen(wider: LongArray) {
        System.arraycopy(stack, 0, wider, 0, top)
        stack = wider
    }

    private companion object {
        val NOTHING = LongArray(0)
    }
}
