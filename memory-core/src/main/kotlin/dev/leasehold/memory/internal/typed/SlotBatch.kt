package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.Block
import java.lang.foreign.MemorySegment
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLongArray

/**
 * Some slots that lie together in one block. The words of the slots live on when the block has gone, so a later block
 * in its place goes on with their generations.
 *
 * @property words of each slot, what its kind of pool says
 * @property first the index of the first slot
 */
internal class SlotBatch(@JvmField val words: LongArray, @JvmField val first: Int) {
    /** Whose slots these are: that one alone may free them plainly. Changes under the lock, when none is live. */
    @JvmField
    var owner: SlotCache? = null

    /** The memory; null while there is none. Under the lock of the pool. */
    var block: Block? = null

    /** A view of [block] for any thread; read without the lock. */
    @JvmField
    var segment: MemorySegment? = null

    private val ended = AtomicInteger()

    /** How many slots have generations left. */
    val usable: Int get() = words.size - ended.get()

    /** How many slots are free, as a count of the pool found. Under its lock. */
    var found = 0

    // A bit for each slot that was claimed and has not been collected: a hint, the word is the truth.
    private val claims = AtomicLongArray((words.size + 63) ushr 6)
    private val isQueued = AtomicBoolean()

    /** The next in the list that [SlotCache.claimed] begins. */
    @JvmField
    var next: SlotBatch? = null

    /** How many claims wait to be collected, about. */
    val waiting: Int get() = (0 until claims.length()).sumOf { java.lang.Long.bitCount(claims.get(it)) }

    /** Lets the owner know that [slot] was claimed. Any thread. */
    fun queue(slot: Int) {
        setBit(claims, slot)
        if (isQueued.get() || !isQueued.compareAndSet(false, true)) return
        val queue = checkNotNull(owner).claimed
        while (true) {
            val seen = queue.get()
            next = seen
            if (queue.compareAndSet(seen, this)) return
        }
    }

    private fun setBit(bits: AtomicLongArray, slot: Int) {
        val at = slot ushr 6
        val bit = 1L shl slot
        while (true) {
            val seen = bits.get(at)
            if (seen and bit != 0L || bits.compareAndSet(at, seen, seen or bit)) return
        }
    }

    /** Counts a slot whose generations have run out: it is never used again. Any thread. */
    fun retire() {
        ended.incrementAndGet()
    }

    /** Calls [action] with each slot that was claimed, and forgets it. By one thread, which took this from the list. */
    inline fun collect(action: (slot: Int) -> Unit) {
        // Opened first: what is claimed from here on queues this again.
        isQueued.set(false)
        for (at in 0 until claims.length()) {
            if (claims.get(at) == 0L) continue
            var bits = claims.getAndSet(at, 0)
            while (bits != 0L) {
                action((at shl 6) + java.lang.Long.numberOfTrailingZeros(bits))
                bits = bits and bits - 1
            }
        }
    }
}
