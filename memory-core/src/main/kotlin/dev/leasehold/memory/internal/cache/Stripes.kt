package dev.leasehold.memory.internal.cache

import java.util.concurrent.atomic.AtomicBoolean

/**
 * Caches for virtual threads, which own none: there may be a million of them, and each rents little.
 *
 * A few caches, twice as many as processors, each behind a flag that is taken with a compare-and-set. A thread begins
 * with the one that its id points to, moves on when that is taken, and goes without when all are. Nobody waits.
 */
internal class Stripes(newCache: () -> ThreadCache) {
    private class Stripe(val cache: ThreadCache) {
        val taken = AtomicBoolean()
    }

    private val stripes = Array(count()) { Stripe(newCache()) }

    /** Runs [action] with a cache that nobody else uses meanwhile, or answers null when all are in use. */
    fun <R : Any> withCache(action: (ThreadCache) -> R): R? {
        val start = Thread.currentThread().threadId().toInt()
        for (step in stripes.indices) {
            val stripe = stripes[(start + step) and (stripes.size - 1)]
            if (stripe.taken.get() || !stripe.taken.compareAndSet(false, true)) continue
            try {
                return action(stripe.cache)
            } finally {
                stripe.taken.set(false)
            }
        }
        return null
    }

    private fun count(): Int = Integer.highestOneBit(2 * Runtime.getRuntime().availableProcessors() - 1) shl 1
}
