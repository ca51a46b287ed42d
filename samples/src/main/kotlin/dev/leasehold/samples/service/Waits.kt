package dev.leasehold.samples.service

import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.LongAccumulator
import java.util.concurrent.atomic.LongAdder

/** Who has waited for memory: what a limit costs, where others would be refused. For any thread. */
internal class Waits {
    private val waitingNow = AtomicInteger()
    private val mostWaiting = LongAccumulator(::maxOf, 0)
    private val waited = LongAdder()
    private val longest = LongAccumulator(::maxOf, 0)

    /** The most that have waited at the same time. */
    val most: Long get() = mostWaiting.get()

    /** How many have waited in all. */
    val count: Long get() = waited.sum()

    /** The longest wait, in milliseconds. */
    val longestMillis: Long get() = longest.get() / 1_000_000

    /** Counts [wait] and times it, however it ends. */
    inline fun <R> during(wait: () -> R): R {
        val start = begin()
        try {
            return wait()
        } finally {
            end(start)
        }
    }

    fun begin(): Long {
        mostWaiting.accumulate(waitingNow.incrementAndGet().toLong())
        return System.nanoTime()
    }

    fun end(start: Long) {
        longest.accumulate(System.nanoTime() - start)
        waited.increment()
        val _ = waitingNow.decrementAndGet()
    }
}
