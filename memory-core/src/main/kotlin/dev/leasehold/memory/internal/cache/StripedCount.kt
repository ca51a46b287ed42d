package dev.leasehold.memory.internal.cache

import java.util.concurrent.atomic.AtomicLongArray

/**
 * A sum to which many threads add at once, each to one of some parts. Any thread.
 *
 * As `LongAdder`, which makes its parts when threads first meet there: by then something has come back that has to be
 * counted, and the heap may be full. These are made with the count.
 */
internal class StripedCount {
    private val parts = AtomicLongArray(PARTS * SPACING)

    fun add(more: Long) {
        val _ = parts.addAndGet((Thread.currentThread().threadId().toInt() and (PARTS - 1)) * SPACING, more)
    }

    /** The sum: exact when no thread adds. */
    fun sum(): Long {
        var sum = 0L
        for (part in 0 until PARTS) sum += parts.get(part * SPACING)
        return sum
    }

    private companion object {
        const val PARTS = 8

        // A cache line each, in longs.
        const val SPACING = 8
    }
}
