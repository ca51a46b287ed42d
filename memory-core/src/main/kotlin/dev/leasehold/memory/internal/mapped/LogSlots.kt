package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.platform.pause
import java.util.concurrent.atomic.AtomicIntegerArray

/** Which of the small logs of a session a thread is at. Any thread. */
internal open class LogSlots {
    private val inUse = AtomicIntegerArray(FileLayout.SMALL_LANES)

    /** Takes a slot, and waits for one where none is free. */
    fun take(): Int {
        var looks = 0
        while (true) {
            // Threads begin at slots of their own, so that they seldom meet.
            val slot = tryTake(Thread.currentThread().threadId().toInt())
            if (slot >= 0) return slot
            pause(looks++)
        }
    }

    /** Takes the first free slot from [start] on; -1 when all that were looked at are taken. */
    fun tryTake(start: Int): Int {
        for (step in 0 until FileLayout.SMALL_LANES) {
            val slot = (start + step) and (FileLayout.SMALL_LANES - 1)
            if (inUse.get(slot) == 0 && claim(inUse, slot)) return slot
        }
        return -1
    }

    /** Open for a twin that does not look whether it is still free. */
    protected open fun claim(slots: AtomicIntegerArray, slot: Int): Boolean = slots.compareAndSet(slot, 0, 1)

    fun giveBack(slot: Int): Unit = inUse.set(slot, 0)
}
