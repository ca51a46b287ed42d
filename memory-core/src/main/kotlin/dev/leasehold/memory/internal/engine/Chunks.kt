package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.epoch.EpochView
import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.StackRoom
import dev.leasehold.memory.internal.platform.Upkeep
import dev.leasehold.memory.internal.platform.giveUp
import dev.leasehold.memory.internal.platform.pause
import dev.leasehold.memory.internal.platform.tryDiscard
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.locks.LockSupport
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
    private val aging = Aging()

    // How many free chunks a trim has in its hands. Written under its lock.
    @Volatile
    private var inTrim = 0

    /** How many chunks are neither in use nor in quarantine. */
    val available: Int get() = free.size + inTrim

    /** How many closed chunks wait in quarantine. */
    val quarantined: Int get() = waiting.get()

    // How many moves were begun of a chunk that is not in use, from one count to another, and how many are over.
    private val begun = AtomicInteger()
    private val over = AtomicInteger()

    /** How many chunks are in use: looked at again while one that is not is in no count, or in two. */
    val inUse: Int
        get() {
            repeat(MOST_LOOKS) { look ->
                val before = over.get()
                val used = shape.count - available - quarantined
                if (begun.get() == before) return maxOf(0, used)
                if (look < SPINS) Thread.onSpinWait() else LockSupport.parkNanos(PAUSE)
            }
            return maxOf(0, shape.count - available - quarantined)
        }

    private inline fun <R> moving(action: () -> R): R {
        begun.incrementAndGet()
        try {
            return action()
        } finally {
            over.incrementAndGet()
        }
    }

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

    /** [take] that waits for chunks which a [trim] has in its hands, or that are on their way. */
    fun takeAfterTrim(): Long {
        var looks = 0
        while (true) {
            // Looked at first: what goes back in between is found. And afterwards: what was taken in between is missed.
            val before = begun.get()
            val areSomeOnTheirWay = before != over.get() || inTrim > 0
            val address = take()
            if (address != 0L || (!areSomeOnTheirWay && begun.get() == before)) return address
            pause(looks++)
        }
    }

    /** Takes the chunk at [address] back. */
    fun giveBack(address: Long) {
        if (line.length > 0 || state.closed) StackRoom.require()
        // First: when the chunk is back nothing may fail any more. And all of this without further calls, so that a
        // rent that fails half-way has the stack for it that its take had.
        aging.expect()
        val isWhole = free.push(((address - region) / shape.stride).toInt()) == shape.count
        if (isWhole && state.closed) unmapIfDone()
        if (line.length > 0) line.serveNow()
    }

    private fun chunkAt(address: Long): Int = ((address - region) / shape.stride).toInt()

    /** Takes the chunk at [address] back, which nobody has used. */
    fun putBack(address: Long): Unit = putBack(chunkAt(address))

    private fun putBack(chunk: Int) {
        aging.expect()
        if (free.push(chunk) == shape.count && state.closed) unmapIfDone()
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
            val chunk = chunkAt(next.address)
            moving {
                waiting.decrementAndGet()
                putBack(chunk)
            }
            if (line.length > 0) line.serveNow()
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
        var bytes = 0L
        try {
            takeAllFree(mine)
            mine.sort(0, inTrim)
            // None of these is unmapped meanwhile.
            while (inTrim > 0 && !state.closed) bytes += discardLast(mine)
        } finally {
            while (inTrim > 0) moving { putBack(mine[--inTrim]) }
        }
        return bytes
    }

    private fun takeAllFree(mine: IntArray) {
        while (inTrim < mine.size) {
            val isTaken = moving {
                val chunk = free.pop()
                if (chunk >= 0) mine[inTrim++] = chunk
                chunk >= 0
            }
            if (!isTaken) return
        }
    }

    /** Discards the pages of the last run of neighbours among [mine], and puts them back: in steps, for others wait. */
    private fun discardLast(mine: IntArray): Long {
        var first = inTrim - 1
        while (first > 0 && mine[first - 1] == mine[first] - 1) first--
        val start = addressOf(mine[first])
        var until = addressOf(mine[inTrim - 1]) + shape.stride
        var bytes = 0L
        while (inTrim > first) {
            val from = shape.stepBefore(until, start)
            bytes += discard(from, until)
            while (inTrim > first && addressOf(mine[inTrim - 1]) >= from) moving { putBack(mine[--inTrim]) }
            until = from
        }
        return bytes
    }

    private fun addressOf(chunk: Int): Long = region + chunk * shape.stride

    private fun discard(from: Long, until: Long): Long {
        val (start, bytes) = shape.wholePages(from, until)
        return if (bytes > 0 && state.platform.tryDiscard(start, bytes)) bytes else 0
    }

    /** Discards the pages of free chunks once nobody has used the pool for a second. */
    private inner class Aging : Upkeep() {
        private var seen = -1L

        override fun look(): Boolean {
            if (state.closed) return false
            if (free.changes != seen) {
                seen = free.changes
                return true
            }
            val _ = trim()
            seen = free.changes
            return false
        }
    }

    /** Gives the region back if the engine is closed and no chunk is out. */
    fun unmapIfDone() {
        if (!state.closed || free.size != shape.count || !mapped.compareAndSet(1, 0)) return
        if (!unmapped()) Background.untilDone(this, ::unmapped)
    }

    /** What the system does not take is offered again; until then it is counted. */
    private fun unmapped(): Boolean {
        if (!state.platform.giveUp(region, shape.regionBytes)) return false
        state.leaf.release(shape.regionBytes)
        Events.tell { it.unmapped(state.owner.name, shape.regionBytes) }
        return true
    }

    private companion object {
        // A move is some instructions. Who is stopped in the middle of one is let run, and not waited for without end.
        const val SPINS = 1_000
        const val MOST_LOOKS = 2_000

        // Nanoseconds.
        const val PAUSE = 50_000L
    }
}
