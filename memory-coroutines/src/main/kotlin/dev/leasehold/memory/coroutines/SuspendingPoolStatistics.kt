package dev.leasehold.memory.coroutines

import dev.leasehold.memory.WaitStatistics

/**
 * The figures of a suspending pool at one moment.
 *
 * @property capacity how many bytes may be out, as requested and not as rounded up
 * @property used how many are out: leased, or granted to a coroutine that has not run since
 * @property waiters how many wait
 * @property peakWaiters how many waited at once, at most
 * @property waits how the requests have waited in its line that wait no more
 */
public class SuspendingPoolStatistics internal constructor(
    public val capacity: Long,
    public val used: Long,
    public val waiters: Int,
    public val peakWaiters: Int,
    public val waits: WaitStatistics,
) {
    /** How many bytes are not out. While a request waits, it is for more than these. */
    public val available: Long get() = capacity - used

    private val figures get() = listOf(capacity, used, waiters, peakWaiters, waits)

    /** Whether [other] has the same figures. */
    override fun equals(other: Any?): Boolean = other is SuspendingPoolStatistics && figures == other.figures

    /** Goes with [equals]. */
    override fun hashCode(): Int = figures.hashCode()

    /** All figures in one line, for logs. */
    override fun toString(): String = "used $used B, available $available B, capacity $capacity B, " +
        "$waiters waiting (peak $peakWaiters), ${waits.served} served after a wait"
}
