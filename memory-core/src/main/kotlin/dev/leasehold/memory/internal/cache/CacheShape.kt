package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.block.SizeClasses

/** How much a thread's cache holds of each class. */
internal object CacheShape {
    private const val MAGAZINE_BYTES = 64L * 1024
    private const val MOST_ROUNDS = 64L

    private val magazines = IntArray(SizeClasses.COUNT) { index ->
        (MAGAZINE_BYTES / SizeClasses.sizeOf(index)).coerceIn(1, MOST_ROUNDS).toInt()
    }

    /** How many blocks of [classIndex] a thread and the depot exchange at a time. A cache holds up to twice as many. */
    fun magazineOf(classIndex: Int): Int = magazines[classIndex]
}
