package dev.leasehold.memory.internal.engine

import java.util.concurrent.atomic.AtomicIntegerArray
import java.util.concurrent.atomic.AtomicLong

/**
 * Which of a fixed number of chunks are free, newest returned first. Lock-free, for any number of threads.
 *
 * A Treiber stack of numbers instead of nodes: `next[i]` is the chunk below chunk `i`. Numbers come back, so the top
 * carries a tag that changes with every success, and a compare-and-set that slept through a pop and a push of the
 * same chunk fails (the ABA problem; the tag has 32 bits). `next` lies on the heap, out of reach of stale views.
 *
 * A chunk knows how many are free from it down, so what is free is read off the top, and no request pays for a count
 * that all threads share.
 */
internal open class ChunkStack(count: Int) {
    private val next = AtomicIntegerArray(count).apply { for (chunk in 0 until count) setPlain(chunk, chunk + 1) }
    private val depth = AtomicIntegerArray(count).apply { for (chunk in 0 until count) setPlain(chunk, count - chunk) }
    private val end = count
    private val top = AtomicLong(0)

    /** How many chunks are free. */
    val size: Int
        get() {
            while (true) {
                val seen = top.get()
                val found = depthOf(seen.toInt())
                // As long as the top stays, so does its depth.
                if (top.get() == seen) return found
            }
        }

    /** A figure that changes with every [pop] and [push]. */
    val changes: Long get() = top.get()

    private fun depthOf(chunk: Int): Int = if (chunk == end) 0 else depth.getAcquire(chunk)

    /** Takes the newest free chunk; -1 when there is none. */
    fun pop(): Int {
        while (true) {
            val seen = top.get()
            val chunk = seen.toInt()
            if (chunk == end) return -1
            if (top.compareAndSet(seen, newer(seen, next.getAcquire(chunk)))) return chunk
        }
    }

    /** Puts [chunk] on top; returns how many are free now. */
    @IgnorableReturnValue
    fun push(chunk: Int): Int {
        while (true) {
            val seen = top.get()
            val size = depthOf(seen.toInt()) + 1
            next.setRelease(chunk, seen.toInt())
            depth.setRelease(chunk, size)
            if (top.compareAndSet(seen, newer(seen, chunk))) return size
        }
    }

    /** The top that follows [seen]. Open for a test that leaves the tag as it is. */
    protected open fun newer(seen: Long, chunk: Int): Long = ((seen ushr TAG_SHIFT) + 1 shl TAG_SHIFT) or chunk.toLong()

    private companion object {
        const val TAG_SHIFT = 32
    }
}
