package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.block.SizeClasses
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong

/**
 * How much the threads' caches of one engine may hold of each class: together no more than one allowance, which is a
 * part of the bound of what may lie idle and of the limit.
 *
 * A bin of a cache has *room*: for no block at all ([CLOSED]), for the one that came back last (0), or for that and a
 * stack of as many more. It begins closed, and gets more room each time that its class is exchanged with the depot: at
 * first a stack of 32 KiB twice, where blocks are small, then twice as many blocks each time, up to a mebibyte twice.
 * Room is paid for out of the allowance, of which no cache gets more than its part among all, and is given back when
 * the cache is emptied. Only a little is free, of small blocks, and less of it the more threads there are. So a thread
 * that hands large blocks over pays for an exchange once in many, one that touches every class keeps little of each,
 * and many threads keep little each. Growing with use: Ghemawat and Menage, "TCMalloc", 2007, where the lists of a
 * thread cache do.
 */
internal class CacheShape(private val limit: Long, private val idleBound: Long) {
    private val allowance = minOf(MOST_ALL, idleBound / IDLE_PARTS, limit / LIMIT_PARTS)
    private val paid = AtomicLong()
    private val threads = AtomicInteger()

    /** How many bytes of room all caches have paid for. */
    val paidBytes: Long get() = paid.get()

    /** One more thread has a cache. */
    fun joined() {
        threads.incrementAndGet()
    }

    /** One thread fewer has a cache. */
    fun left() {
        threads.decrementAndGet()
    }

    /** How much room a bin of [classIndex] should have next that has [room]. */
    fun nextAfter(classIndex: Int, room: Int): Int = when {
        idleBound == 0L -> CLOSED
        room == CLOSED -> 2 * firstOf(classIndex)
        room == 0 -> 2 * maxOf(1, firstOf(classIndex))
        else -> minOf(2 * room, 2 * capacityOf(classIndex))
    }

    private fun firstOf(classIndex: Int): Int =
        (minOf(FIRST_BYTES, limit / LIMIT_PARTS) / SizeClasses.sizeOf(classIndex)).coerceAtMost(MOST_ROUNDS).toInt()

    /** The most room that a bin of [classIndex] has without a price. */
    fun freeRoomOf(classIndex: Int): Int {
        val size = SizeClasses.sizeOf(classIndex)
        if (idleBound == 0L || size > FREE_BLOCK) return CLOSED
        return minOf(freeBytes / size, 2 * MOST_ROUNDS).toInt() and 1.inv()
    }

    // Of the stack of each class, in a cache.
    private val freeBytes: Long
        get() = minOf(FREE_CACHE, idleBound, limit / LIMIT_PARTS) / maxOf(FREE_PARTS, threads.get())

    /** How many bytes of the allowance [room] for blocks of [classIndex] takes. */
    fun priceOf(classIndex: Int, room: Int): Long {
        if (room <= freeRoomOf(classIndex)) return 0
        return (room + 1) * SizeClasses.sizeOf(classIndex)
    }

    /** Whether [tryPay] would take [bytes] now for a cache that has [before] of the allowance. */
    fun canPay(bytes: Long, before: Long): Boolean = bytes <= 0 ||
        (before + bytes <= allowance / maxOf(LEAST_PARTS, threads.get()) && paid.get() + bytes <= allowance)

    /** Takes [bytes] of the allowance for a cache that has [before] of it; false when that is more than its part. */
    fun tryPay(bytes: Long, before: Long): Boolean {
        if (bytes <= 0) return true
        if (!canPay(bytes, before)) return false
        while (true) {
            val seen = paid.get()
            if (seen + bytes > allowance) return false
            if (paid.compareAndSet(seen, seen + bytes)) return true
        }
    }

    /** Gives [bytes] of the allowance back. */
    fun payBack(bytes: Long) {
        if (bytes != 0L) paid.addAndGet(-bytes)
    }

    companion object {
        /** The room of a bin that keeps nothing. */
        const val CLOSED: Int = -1

        private const val FIRST_BYTES = 32L shl 10
        private const val MOST_BYTES = 1L shl 20
        private const val LEAST_ROUNDS = 2L
        private const val MOST_ROUNDS = 64L
        private const val MOST_ALL = 32L shl 20
        private const val LIMIT_PARTS = 64
        private const val IDLE_PARTS = 2
        private const val LEAST_PARTS = 2
        private const val FREE_BLOCK = 4L shl 10
        private const val FREE_CACHE = 256L shl 10
        private const val FREE_PARTS = 32

        private val capacities = IntArray(SizeClasses.COUNT) { index ->
            (MOST_BYTES / SizeClasses.sizeOf(index)).coerceIn(LEAST_ROUNDS, MOST_ROUNDS).toInt()
        }

        /** How many blocks of [classIndex] a magazine has room for. */
        fun capacityOf(classIndex: Int): Int = capacities[classIndex]
    }
}
