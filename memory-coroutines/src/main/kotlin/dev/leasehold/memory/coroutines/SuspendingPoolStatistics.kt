package dev.leasehold.memory.coroutines

/**
 * The figures of a suspending pool at one moment.
 *
 * @property capacity how many bytes may be out, as asked for and not as rounded up
 * @property used how many are out: leased, or granted to a coroutine that has not run since
 * @property waiters how many wait
 * @property peakWaiters how many waited at once, at most
 * @property waits how many have waited and got what they waited for
 */
@ConsistentCopyVisibility
public data class SuspendingPoolStatistics internal constructor(
    val capacity: Long,
    val used: Long,
    val waiters: Int,
    val peakWaiters: Int,
    val waits: Long,
) {
    /** How many bytes are not out. While somebody waits, it is for more than these. */
    val available: Long get() = capacity - used
}
