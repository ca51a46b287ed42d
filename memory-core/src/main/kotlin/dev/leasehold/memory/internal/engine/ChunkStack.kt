package dev.leasehold.memory.internal.engine

import java.util.concurrent.atomic.AtomicIntegerArray
import java.util.concurrent.atomic.AtomicLong

/**
 * Which of a fixed number of chunks are free, newest returned first. Lock-free, for any number of threads.
 *
 * A Treiber stack of numbers instead of nodes: `next[i]` is the chunk below chunk `i`. Numbers come back, so the top
 * carries a tag that changes with every success, and a compare-and-set that slept through a pop and a push of the
 * same chunk fails (the ABA problem; the tag has 32 bits). `next` lies on the heap, out of reach of stale views.
 */
internal open class ChunkStack(count: Int) {
    private val next = AtomicIntegerArray(count).apply { for (chunk in 0 until count) setPlain(chunk, chunk + 1) }
    private val end = count
    private val top = AtomicLong(0)

    /** Takes the newest free chunk; -1 when there is none. */
    fun pop(): Int {
        while (true) {
            val seen = top.get()
            val chunk = seen.toInt()
            if (chunk == end) return -1
            if (top.compareAndSet(seen, newer(seen, next.getAcquire(chunk)))) return chunk
        }
    }

    /** Puts [chunk] on top. */
    fun push(chunk: Int) {
        while (true) {
            val seen = top.get()
            next.setRelease(chunk, seen.toInt())
            if (top.compareAndSet(seen, newer(seen, chunk))) return
        }
    }

    /** The top that follows [seen]. Open for a test that leaves the tag as it is. */
    protected open fun newer(seen: Long, chunk: Int): Long = ((seen ushr TAG_SHIFT) + 1 shl TAG_SHIFT) or chunk.toLong()

    private companion object {
        const val TAG_SHIFT = 32
    }
}
