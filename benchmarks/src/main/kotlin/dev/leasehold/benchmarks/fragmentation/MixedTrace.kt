package dev.leasehold.benchmarks.fragmentation

import dev.leasehold.benchmarks.FastThreads
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.Future
import java.util.concurrent.Phaser
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.locks.LockSupport

/**
 * Allocations and frees of mixed sizes by two threads, which hand some blocks to each other: each thread makes the same
 * requests each time, whatever the other does.
 *
 * Each thread has 1,024 places, and randomness of its own ([TraceRandom]). Each of its operations picks a place at
 * random: an empty one gets a block, a full one loses its own. One block in four that lose their place goes to the
 * other thread, which frees it when 64 younger ones have come to it; all others are freed at once. Sizes are 16 bytes
 * to 1 MiB, spread evenly over their logarithm: a power of two from 16 to 524,288 at random, and at random up to as
 * much again. A block is 94 KiB on average, and about 105 MiB live at once.
 *
 * A thread does 10,000 operations in a second: 100 in each hundredth, after which both wait for each other. So all
 * heaps meet the same requests in the same time, and what lives differs little from one replay to the next; a heap that
 * cannot keep up takes longer.
 *
 * @property seconds how long it goes on
 * @property powers how many powers of two the sizes have, from 16 up
 */
internal class MixedTrace<T : Any>(
    private val heap: TracedHeap<T>,
    private val seconds: Int = 60,
    private val powers: Int = 16,
) {
    private val bytes = AtomicLong()
    private val sides = SEEDS.map { Side(it) }
    private val bothDone = Phaser(SEEDS.size)

    /** How many bytes are requested and not freed. */
    val live: Long get() = bytes.get()

    /**
     * Does the operations, and calls [sample] ten times a second meanwhile. What lives at the end is left to [freeAll].
     */
    fun replay(sample: () -> Unit) {
        FastThreads(sides.size, "trace").use { threads ->
            val replays = start(threads)
            while (replays.any { !it.isDone }) {
                Thread.sleep(SAMPLE_MILLIS)
                sample()
            }
            // The failure of a side is the failure of the replay.
            replays.forEach { val _ = it.get() }
        }
    }

    /** Empties every place, and frees what was on its way. */
    fun freeAll(): Unit = sides.forEach { it.freeAll() }

    private fun start(threads: FastThreads): List<Future<*>> {
        val (first, second) = sides
        return listOf(threads.submit { first.replay(second) }, threads.submit { second.replay(first) })
    }

    private class Traced<T : Any>(val memory: T, val size: Int)

    private inner class Side(seed: Long) {
        private val random = TraceRandom(seed)
        private val places = MutableList<Traced<T>?>(1 shl PLACE_BITS) { null }

        /** What the other thread handed over. */
        private val arrived = ConcurrentLinkedQueue<Traced<T>>()

        /** What is on its way to its end here, the oldest first; this thread's own. */
        private val kept = ArrayDeque<Traced<T>>()

        fun replay(other: Side) {
            val start = System.nanoTime()
            try {
                for (tick in 1..seconds * TICKS_PER_SECOND) {
                    repeat(STEPS_PER_TICK) { step(other) }
                    waitUntil(start + tick * TICK_NANOS)
                    val _ = bothDone.arriveAndAwaitAdvance()
                }
            } finally {
                // The other side must not wait for one that failed.
                val _ = bothDone.arriveAndDeregister()
            }
        }

        fun freeAll() {
            places.forEach { if (it != null) free(it) }
            kept.forEach(::free)
            arrived.forEach(::free)
        }

        private fun step(other: Side) {
            takeIn()
            val place = random.next(PLACE_BITS)
            val block = places[place]
            places[place] = if (block == null) allocate(random.nextSize(powers)) else null
            if (block != null) part(block, other)
        }

        private fun part(block: Traced<T>, other: Side) {
            if (random.next(HAND_OVER_BITS) == 0) other.arrived += block else free(block)
        }

        private fun takeIn() {
            while (true) {
                kept += arrived.poll() ?: return
                if (kept.size > KEPT) free(kept.removeFirst())
            }
        }

        private fun allocate(size: Int): Traced<T> {
            val memory = heap.allocate(size)
            val _ = bytes.addAndGet(size.toLong())
            return Traced(memory, size)
        }

        private fun free(block: Traced<T>) {
            heap.free(block.memory)
            val _ = bytes.addAndGet(-block.size.toLong())
        }

        private fun waitUntil(nanos: Long) {
            while (true) {
                val left = nanos - System.nanoTime()
                if (left <= 0) return
                LockSupport.parkNanos(left)
            }
        }
    }

    private companion object {
        val SEEDS = listOf(0x1ea5e401dL, 0x5eed1ea5eL)
        const val PLACE_BITS = 10
        const val HAND_OVER_BITS = 2
        const val KEPT = 64
        const val TICKS_PER_SECOND = 100
        const val STEPS_PER_TICK = 100
        const val TICK_NANOS = 10_000_000L
        const val SAMPLE_MILLIS = 100L
    }
}
