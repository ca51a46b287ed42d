package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.epoch.EpochView
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * The equal chunks of one region, free or out; the newest returned is the next one out. Any thread.
 *
 * A request takes a chunk with one compare-and-set and gives it back with another. What is out is what is not free, and
 * the region goes back when the engine is closed and every chunk is free: the one who puts the last one there sees
 * that, or the one who closes.
 */
internal class Chunks(
    private val state: EngineState,
    private val shape: FixedShape,
    private val region: Long,
    private val line: WaitLine,
    private val hygiene: HygieneAction,
) {
    private val free = ChunkStack(shape.count)

    // How often each was taken; by its holder.
    private val rents = LongArray(shape.count)
    private val waiting = AtomicInteger()
    private val mapped = AtomicInteger(1)

    private val trimming = ReentrantLock()

    // How many free chunks a trim has in its hands. Written under its lock.
    @Volatile
    private var inTrim = 0

    /** How many chunks are neither in use nor in quarantine. */
    val available: Int get() = free.size + inTrim

    /** How many closed chunks wait in quarantine. */
    val quarantined: Int get() = waiting.get()

    /** How many chunks are in use. */
    val inUse: Int get() = maxOf(0, shape.count - available - quarantined)

    /** How many chunks were ever taken, as far as the calling thread knows. */
    val taken: Long get() = rents.sum()

    /** Takes a chunk; 0 when none is free, or the engine is closed. */
    fun take(): Long {
        val chunk = free.pop()
        if (chunk < 0) return 0
        // Taken first and looked at afterwards: a close that this misses sees that a chunk is out.
        if (state.closed) {
            putBack(chunk)
            return 0
        }
        rents[chunk]++
        return region + chunk * shape.stride
    }

    /** [take] when no [trim] has free chunks in its hands. */
    fun takeAfterTrim(): Long = trimming.withLock { take() }

    /** Takes the chunk at [address] back. */
    fun giveBack(address: Long) {
        putBack(((address - region) / shape.stride).toInt())
        if (line.length > 0) line.serveNow()
    }

    private fun putBack(chunk: Int) {
        if (free.push(chunk) == shape.count) unmapIfDone()
    }

    /** Counts one chunk as gone into quarantine. */
    fun countQuarantined() {
        waiting.incrementAndGet()
    }

    /** Takes the chunks of [first] and of all that follow it back, which have left quarantine. */
    fun release(first: EpochView) {
        var next: EpochView? = first
        while (next != null) {
            // A kept view could write until its epoch retired.
            if (hygiene.onClose) hygiene.ended(next.address, shape.stride)
            waiting.decrementAndGet()
            giveBack(next.address)
            next = next.next
        }
    }

    /** Lets the system take the pages of the free chunks; returns how many bytes it may. */
    fun trim(): Long {
        try {
            return trimming.withLock { discardFree() }
        } finally {
            if (line.length > 0) line.serveNow()
        }
    }

    private fun discardFree(): Long {
        // Made before any is taken: the heap may be full.
        val mine = IntArray(shape.count)
        try {
            while (inTrim < mine.size) {
                mine[inTrim] = free.pop().takeIf { it >= 0 } ?: break
                inTrim++
            }
            // None of these is unmapped meanwhile.
            return if (state.closed) 0 else (0 until inTrim).sumOf { discard(region + mine[it] * shape.stride) }
        } finally {
            while (inTrim > 0) putBack(mine[--inTrim])
        }
    }

    private fun discard(address: Long): Long {
        val (from, bytes) = shape.wholePages(address)
        if (bytes > 0) state.platform.discard(from, bytes)
        return bytes
    }

    /** Gives the region back if the engine is closed and no chunk is out. */
    fun unmapIfDone() {
        if (!state.closed || free.size != shape.count || !mapped.compareAndSet(1, 0)) return
        state.platform.unmap(region, shape.regionBytes)
        state.leaf.release(shape.regionBytes)
    }
}
