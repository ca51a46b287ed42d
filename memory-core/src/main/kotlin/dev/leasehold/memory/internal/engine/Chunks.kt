package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.epoch.EpochView
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.LongAdder

/** The equal chunks of one region, free or out; the newest returned is the next one out. Any thread. */
internal class Chunks(
    private val state: EngineState,
    private val shape: FixedShape,
    private val region: Long,
    private val line: WaitLine,
    private val hygiene: HygieneAction,
) {
    private val free = ChunkStack(shape.count)
    private val out = AtomicInteger()
    private val waiting = AtomicInteger()
    private val rented = LongAdder()

    // Chunks that are out or in quarantine, and threads about to touch the region: it goes back when the engine is
    // closed and none is left.
    private val holders = AtomicInteger()
    private val mapped = AtomicInteger(1)
    private val trimming = Any()

    /** How many chunks are in use. */
    val inUse: Int get() = out.get()

    /** How many closed chunks wait in quarantine. */
    val quarantined: Int get() = waiting.get()

    /** How many chunks were ever taken. */
    val taken: Long get() = rented.sum()

    /** Takes a chunk; 0 when none is free, or the engine is closed. */
    fun take(): Long {
        if (!hold()) return 0
        val chunk = free.pop()
        if (chunk < 0) {
            letGo()
            return 0
        }
        out.incrementAndGet()
        rented.increment()
        return region + chunk * shape.stride
    }

    /** [take] when no [trim] has free chunks in its hands. */
    fun takeAfterTrim(): Long = synchronized(trimming) { take() }

    /** Takes the chunk at [address] back. */
    fun giveBack(address: Long) {
        out.decrementAndGet()
        push(address)
        letGo()
    }

    /** Counts one chunk as gone into quarantine. */
    fun countQuarantined() {
        waiting.incrementAndGet()
        out.decrementAndGet()
    }

    /** Takes the chunks of [first] and of all that follow it back, which have left quarantine. */
    fun release(first: EpochView) {
        var next: EpochView? = first
        while (next != null) {
            // A kept view could write until its epoch retired.
            if (hygiene.onClose) hygiene.ended(next.address, shape.stride)
            waiting.decrementAndGet()
            push(next.address)
            letGo()
            next = next.next
        }
    }

    private fun push(address: Long) {
        free.push(((address - region) / shape.stride).toInt())
        if (line.length > 0) line.serveNow()
    }

    // Held first and looked at afterwards: a close that this misses sees the hold, and leaves the region to letGo.
    private fun hold(): Boolean {
        holders.incrementAndGet()
        if (!state.closed) return true
        letGo()
        return false
    }

    private fun letGo() {
        if (holders.decrementAndGet() == 0) unmapIfDone()
    }

    /** Lets the system take the pages of the free chunks; returns how many bytes it may. */
    fun trim(): Long {
        if (!hold()) return 0
        try {
            return synchronized(trimming) { discardFree() }
        } finally {
            if (line.length > 0) line.serveNow()
            letGo()
        }
    }

    private fun discardFree(): Long {
        val mine = ArrayList<Int>()
        while (true) mine.add(free.pop().takeIf { it >= 0 } ?: break)
        try {
            return mine.sumOf { discard(region + it * shape.stride) }
        } finally {
            for (chunk in mine.asReversed()) free.push(chunk)
        }
    }

    private fun discard(address: Long): Long {
        val (from, bytes) = shape.wholePages(address)
        if (bytes > 0) state.platform.discard(from, bytes)
        return bytes
    }

    /** Gives the region back if the engine is closed and no chunk is out. */
    fun unmapIfDone() {
        if (!state.closed || holders.get() != 0 || !mapped.compareAndSet(1, 0)) return
        state.platform.unmap(region, shape.regionBytes)
        state.leaf.release(shape.regionBytes)
    }
}
