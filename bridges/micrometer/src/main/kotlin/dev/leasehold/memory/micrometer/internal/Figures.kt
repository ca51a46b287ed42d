package dev.leasehold.memory.micrometer.internal

import dev.leasehold.memory.ManagerStatistics
import dev.leasehold.memory.MemoryStatistics
import dev.leasehold.memory.PoolStatistics
import dev.leasehold.memory.WaitStatistics

/** What owners have in common that share their meters. */
internal data class OwnerKey(val kind: String, val name: String) {
    companion object {
        const val POOL: String = "pool"
        const val MANAGER: String = "manager"
    }
}

/**
 * The figures of one owner, or the sums of several.
 *
 * @property open leases or blocks
 * @property requests that were served
 * @property waits of these and others, by how they ended
 * @property longestWait of all, in nanoseconds
 */
internal class Figures private constructor(
    val reserved: Long,
    val used: Long,
    val idle: Long,
    val quarantined: Long,
    val limit: Double,
    val open: Long,
    val waiters: Int,
    val requests: Long,
    val hits: Long,
    val waits: Map<String, Long>,
    val longestWait: Long,
) {
    constructor(pool: PoolStatistics) : this(pool, pool.leases, pool.waiters, pool.rents, pool.hits, pool.waits)

    constructor(manager: ManagerStatistics) :
        this(manager, manager.blocks, 0, manager.allocations, manager.hits, null)

    private constructor(
        it: MemoryStatistics,
        open: Long,
        waiters: Int,
        requests: Long,
        hits: Long,
        waits: WaitStatistics?,
    ) : this(
        it.reserved,
        it.used,
        it.idle,
        it.quarantined,
        bytesOf(it.limit),
        open,
        waiters,
        requests,
        hits,
        WAITS.mapValues { (_, count) -> waits?.let(count) ?: 0 },
        waits?.longestNanos ?: 0,
    )

    operator fun plus(other: Figures): Figures = Figures(
        reserved + other.reserved,
        used + other.used,
        idle + other.idle,
        quarantined + other.quarantined,
        limit + other.limit,
        open + other.open,
        waiters + other.waiters,
        requests + other.requests,
        hits + other.hits,
        waits.mapValues { (outcome, count) -> count + other.waits.getValue(outcome) },
        maxOf(longestWait, other.longestWait),
    )

    /** What of these counts when their owner has gone. */
    fun past(): Figures = Figures(0, 0, 0, 0, 0.0, 0, 0, requests, hits, waits, 0)

    internal companion object {
        /** How waits end, as a tag has it, and how many did. */
        val WAITS: Map<String, (WaitStatistics) -> Long> = mapOf(
            "served" to WaitStatistics::served,
            "timed out" to WaitStatistics::timedOut,
            "cancelled" to WaitStatistics::cancelled,
            "failed" to WaitStatistics::failed,
        )

        /** A limit for a gauge. */
        fun bytesOf(limit: Long): Double = if (limit == Long.MAX_VALUE) Double.POSITIVE_INFINITY else limit.toDouble()
    }
}
