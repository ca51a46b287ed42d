package dev.leasehold.memory

import dev.leasehold.memory.internal.access.counted

/**
 * A pool's figures at one moment, from [MemoryPool.stats].
 *
 * All byte figures count whole blocks, not the sizes asked for, so that they add up:
 * `used + idle + quarantined == reserved`. They are exact when no thread is renting or closing, and never negative.
 *
 * @property used bytes leased now
 * @property reserved bytes held from the system now
 * @property idle bytes held but neither leased nor quarantined: what the next rents are served from
 * @property quarantined bytes of closed shared leases whose views may still be reachable; nobody rents them until they
 *   are not
 * @property transferred bytes of the leases whose charge was moved to another budget: used and reserved, and not
 *   counted against the limit
 * @property peak the most bytes that were ever held from the system at once
 * @property limit the most bytes that may be held from the system; [Long.MAX_VALUE] when there is no limit
 * @property waiters requests that wait for memory now
 * @property rents requests served since the pool was made
 * @property hits those of them that a thread's own cache served
 * @property misses those of them that went further: to the depot, a slab or the system
 */
public class PoolStatistics internal constructor(
    public val used: Long,
    public val reserved: Long,
    public val idle: Long,
    public val quarantined: Long,
    public val transferred: Long,
    public val peak: Long,
    public val limit: Long,
    public val waiters: Int,
    public val rents: Long,
    public val hits: Long,
    public val misses: Long,
) {
    /** All figures in one line, for logs. */
    override fun toString(): String {
        val bound = if (limit == Long.MAX_VALUE) "none" else "$limit B"
        return "used $used B, idle $idle B, quarantined $quarantined B, reserved $reserved B " +
            "(peak $peak B, limit $bound), $waiters waiting, ${counted(rents, "rent")} " +
            "(${counted(hits, "hit")}, ${counted(misses, "miss", "misses")})"
    }
}
