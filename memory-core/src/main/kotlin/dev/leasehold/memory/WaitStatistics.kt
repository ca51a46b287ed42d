package dev.leasehold.memory

import dev.leasehold.memory.internal.engine.WaitCounts
import dev.leasehold.memory.internal.platform.WaitEnd
import dev.leasehold.memory.internal.platform.counted
import kotlin.time.Duration.Companion.nanoseconds

/**
 * How the requests have waited that have left a line, since it was made: those of a pool, from [MemoryPool.stats], or
 * those of a suspending pool.
 *
 * What did not wait is not in them, and what still waits is not in them yet. They never change; the counts and the
 * [distribution] are exact when no wait is just ending, and always add up.
 */
public class WaitStatistics internal constructor(counts: WaitCounts) {
    /** How long the longest was, in nanoseconds. */
    public val longestNanos: Long = counts.longest

    /** How long all were together, in nanoseconds. */
    public val totalNanos: Long = counts.total

    private val numbers = counts.counts()

    /** Waits that ended with memory. */
    public val served: Long = sumOf(WaitEnd.SERVED)

    /** Waits whose time had passed. */
    public val timedOut: Long = sumOf(WaitEnd.TIMED_OUT)

    /** Waits that were given up: by an interrupt, by a cancellation. */
    public val cancelled: Long = sumOf(WaitEnd.CANCELLED)

    /** Waits that ended in another way: because the pool was closed, or with a failure such as a full heap. */
    public val failed: Long = sumOf(WaitEnd.CLOSED) + sumOf(WaitEnd.FAILED)

    /** All waits, however they ended. */
    public val count: Long get() = served + timedOut + cancelled + failed

    /**
     * How many waits were how long: the key is a number of nanoseconds, and the value how many waits were shorter than
     * that, and not shorter than half of it. Keys are powers of two in ascending order, and only those that have a wait
     * are there. The least, 1,024, has all that were shorter; [Long.MAX_VALUE] has all of more than some minute.
     */
    public val distribution: Map<Long, Long> = buildMap {
        for (index in 0..<WaitCounts.CLASSES) {
            val waits = WaitEnd.entries.sumOf { numberOf(it, index) }
            if (waits > 0) put(WaitCounts.boundOf(index), waits)
        }
    }

    /**
     * A number of nanoseconds that [fraction] of all waits did not exceed, such as 0.99 of them: the bound of its place
     * in the [distribution], so at most twice what it was; never more than the longest. 0 when nothing has waited.
     *
     * @throws IllegalArgumentException when [fraction] is not between 0 and 1
     */
    public fun quantileNanos(fraction: Double): Long {
        require(fraction in 0.0..1.0) { "a fraction of all waits is between 0 and 1, and was $fraction" }
        var rest = fraction * count
        for ((bound, waits) in distribution) {
            rest -= waits
            if (rest <= 0) return minOf(bound, longestNanos)
        }
        return longestNanos
    }

    private fun sumOf(end: WaitEnd) = (0..<WaitCounts.CLASSES).sumOf { numberOf(end, it) }

    private fun numberOf(end: WaitEnd, index: Int) = numbers[end.ordinal * WaitCounts.CLASSES + index]

    /** Whether [other] has the same figures. */
    override fun equals(other: Any?): Boolean = other is WaitStatistics && numbers.contentEquals(other.numbers) &&
        longestNanos == other.longestNanos && totalNanos == other.totalNanos

    /** Goes with [equals]. */
    override fun hashCode(): Int = numbers.contentHashCode() * 31 + totalNanos.hashCode()

    /** All figures in one line, for logs. */
    override fun toString(): String = "${counted(count, "wait")} ($served served, $timedOut timed out, " +
        "$cancelled cancelled, $failed failed), the longest ${longestNanos.nanoseconds}"
}
