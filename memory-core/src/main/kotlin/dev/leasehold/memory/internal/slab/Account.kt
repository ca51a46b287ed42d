package dev.leasehold.memory.internal.slab

import java.util.concurrent.atomic.AtomicLong

/** The bytes that one pool holds from the system: never one above the limit. Exact from any number of threads. */
internal class Account(val limit: Long) {
    private val bytes = AtomicLong()
    private val highest = AtomicLong()

    val reserved: Long get() = bytes.get()
    val peak: Long get() = highest.get()

    /** Adds [more] bytes, or answers false and changes nothing when that would pass the limit. */
    fun tryReserve(more: Long): Boolean {
        while (true) {
            val seen = bytes.get()
            if (more > limit - seen) return false
            if (bytes.compareAndSet(seen, seen + more)) {
                highest.accumulateAndGet(seen + more, ::maxOf)
                return true
            }
        }
    }

    fun release(fewer: Long) {
        bytes.addAndGet(-fewer)
    }
}
