package dev.leasehold.memory.internal.cache

import java.util.concurrent.atomic.AtomicBoolean

/**
 * Caches for virtual threads, which own none: there may be a million of them, and each rents little.
 *
 * A few caches, twice as many as processors, each behind a flag that is taken with a compare-and-set. A thread begins
 * with the one that its id points to, moves on when that is taken, and goes without when all are. No thread waits.
 *
 * @param count how many there are: a power of two
 */
internal open class SharedCaches(newCache: () -> ThreadCache, count: Int = usualCount()) {
    /** One of the caches, which nobody else uses until [release]. */
    class Slot(val cache: ThreadCache) {
        internal val taken = AtomicBoolean()

        fun release(): Unit = taken.setRelease(false)
    }

    private val slots = Array(count) { Slot(newCache()) }

    /** A cache that no other thread uses until it is released; null when all are in use. */
    fun acquire(): Slot? {
        val start = Thread.currentThread().threadId().toInt()
        var step = 0
        while (step < slots.size) {
            val slot = slots[(start + step++) and (slots.size - 1)]
            if (tryTake(slot.taken)) return slot
        }
        return null
    }

    /** Takes [flag], unless another thread has it. Open for a test that looks and then acts. */
    protected open fun tryTake(flag: AtomicBoolean): Boolean = !flag.get() && flag.compareAndSet(false, true)

    private companion object {
        fun usualCount(): Int = Integer.highestOneBit(2 * Runtime.getRuntime().availableProcessors() - 1) shl 1
    }
}
