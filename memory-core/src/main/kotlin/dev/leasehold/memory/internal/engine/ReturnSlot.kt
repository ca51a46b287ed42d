package dev.leasehold.memory.internal.engine

import java.util.concurrent.atomic.AtomicLong

/**
 * Where one block waits that came back while memory is short: the next request of its class finds it here, without the
 * store and its lock. Any thread.
 *
 * One word, so that a thread that closes the oldest and takes another in its place, at a full limit, pays for two
 * compare-and-sets: the address, whose upper bits no system uses, and above it the class and one.
 */
internal open class ReturnSlot {
    private val word = AtomicLong()

    val isEmpty: Boolean get() = word.get() == 0L

    /** Leaves the block of [classIndex] at [address]; false when another is here. */
    fun offer(classIndex: Int, address: Long): Boolean =
        word.get() == 0L && replace(0, address or ((classIndex + 1L) shl CLASS_SHIFT))

    /** Takes the block that is here, if it is of [classIndex]; else 0. */
    fun take(classIndex: Int): Long {
        val seen = word.get()
        if ((seen ushr CLASS_SHIFT).toInt() != classIndex + 1) return 0
        return if (replace(seen, 0)) seen and ADDRESS else 0
    }

    /** Takes whatever block is here; 0 when none is. */
    fun takeAny(): Long = word.getAndSet(0) and ADDRESS

    /** Puts [next] in the place of [seen], if that is there. Open for a test that does not look. */
    protected open fun replace(seen: Long, next: Long): Boolean = word.compareAndSet(seen, next)

    private companion object {
        const val CLASS_SHIFT = 56
        const val ADDRESS = (1L shl CLASS_SHIFT) - 1
    }
}
