package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.block.SizeClasses
import java.util.concurrent.atomic.AtomicLong

/**
 * How much the threads' caches of one engine hold of each class: little of a [limit], and of the bound of what may lie
 * idle.
 *
 * A class begins with magazines of 32 KiB at the most, and blocks above that with none: then the cache keeps the one
 * that came back last. A class that is exchanged with the depot gets magazines of twice as many blocks each time, up to
 * a mebibyte, as long as all that all caches have got beyond the beginnings stays within one allowance. So a thread
 * that hands large blocks over pays for an exchange once in many, one that touches every class keeps little of each,
 * and many threads keep little each. Growing with use: Ghemawat and Menage, "TCMalloc", 2007, where the lists of a
 * thread cache do.
 */
internal class CacheShape(private val limit: Long, idleBound: Long) {
    // By how many bytes of blocks the stacks of all caches may still grow.
    private val allowance = AtomicLong(minOf(ALLOWANCE, idleBound / IDLE_PARTS, limit / LIMIT_PARTS))

    /** How many blocks of [classIndex] a thread and the depot exchange first; the stack has room for twice as many. */
    fun firstOf(classIndex: Int): Int =
        (minOf(FIRST_BYTES, limit / LIMIT_PARTS) / SizeClasses.sizeOf(classIndex)).coerceAtMost(MOST_ROUNDS).toInt()

    /** How many follow on [blocks], which are 0 before the first exchange. */
    fun nextAfter(classIndex: Int, blocks: Int): Int =
        if (blocks == 0) maxOf(1, firstOf(classIndex)) else minOf(2 * blocks, capacityOf(classIndex))

    /** Takes [bytes] of the allowance; false when it has not so many. */
    fun tryGrow(bytes: Long): Boolean {
        if (bytes == 0L) return true
        while (true) {
            val seen = allowance.get()
            if (seen < bytes) return false
            if (allowance.compareAndSet(seen, seen - bytes)) return true
        }
    }

    /** Gives [bytes] of the allowance back. */
    fun shrink(bytes: Long) {
        if (bytes != 0L) allowance.addAndGet(bytes)
    }

    companion object {
        private const val FIRST_BYTES = 32L shl 10
        private const val MOST_BYTES = 1L shl 20
        private const val LEAST_ROUNDS = 2L
        private const val MOST_ROUNDS = 64L
        private const val ALLOWANCE = 4L shl 20
        private const val LIMIT_PARTS = 64
        private const val IDLE_PARTS = 2

        private val capacities = IntArray(SizeClasses.COUNT) { index ->
            (MOST_BYTES / SizeClasses.sizeOf(index)).coerceIn(LEAST_ROUNDS, MOST_ROUNDS).toInt()
        }

        /** How many blocks of [classIndex] a magazine has room for. */
        fun capacityOf(classIndex: Int): Int = capacities[classIndex]
    }
}
