package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.coroutines.SuspendingPool

/**
 * The memory of the coroutine version, divided so that its connections can wait for memory, and never for each other.
 *
 * ```
 * budget 'measurements', the limit
 *   pool 'connections'    three quarters or a little less; 64 KiB for each connection
 *   pool 'large tables'   an eighth, at least one;         1.75 MiB for each of the few that meet many stations
 *   pool 'totals'         an eighth;                       the figures over all streams, whose growth is refused, not awaited
 * ```
 *
 * If both leases of a connection came out of one line, all could hold their first and wait for a second one: nobody would
 * ever get on. So there are two lines, each with a pool of its own, always entered in this order. Whoever stands in the
 * first holds nothing. Whoever has a large table needs nothing more, so it ends, and the next in that line goes on. The
 * pools must be apart, too: were they one, the rounding and the quarantine of many small leases could keep the last large
 * table from being had.
 *
 * **Ownership.** Whoever makes it closes it. The pools go with it unless they were the caller's.
 */
internal class ServiceMemory private constructor(
    /** The most that is held from the system, in bytes. */
    val limit: Long,
    private val budget: MemoryBudget?,
    private val source: (String, Long) -> MemoryPool,
) : AutoCloseable {
    private val tableBytes = maxOf(limit / 8 / GroundPlan.LARGE, 1) * GroundPlan.LARGE
    private val totalBytes = limit / 8
    private val connectionBytes = limit - tableBytes - totalBytes

    private val connectionPool = source("connections", connectionBytes)
    private val tablePool = source("large tables", tableBytes)
    private val totalPool = source("totals", totalBytes)

    /** Where each connection gets its first lease. An eighth is left to quarantine, which no request counts. */
    val connections: SuspendingPool = lineFor(connectionPool, connectionBytes / 8 * 7)

    /** Where the few that need one get a large table. */
    val largeTables: SuspendingPool = lineFor(tablePool, tableBytes)

    /** The pools, for figures. */
    val pools: List<MemoryPool> = listOf(connectionPool, tablePool, totalPool).distinct()

    /** How many connections are served at once; the others wait. */
    val served: Long get() = connections.capacity / GroundPlan.CONNECTION

    /** The most that was ever held from the system, in bytes. */
    val peak: Long get() = budget?.peak ?: pools.sumOf { it.stats().peak }

    /** Makes what the totals are kept in. */
    fun totals(): Totals = Totals(totalPool, Ground.sharedWithin(totalPool, totalBytes))

    /** Whoever was accepted may wait: it is the file handles that bound how many those are. */
    private fun lineFor(pool: MemoryPool, capacity: Long) =
        SuspendingPool(pool, capacity) { maxWaiters = Int.MAX_VALUE }

    override fun close() {
        connections.close()
        largeTables.close()
        if (budget == null) return
        pools.forEach { it.close() }
        budget.close()
    }

    companion object {
        /** What the service has unless it is told otherwise. */
        val DEFAULT: Long = 64.MiB

        /** One large table and some seventy connections. */
        val LEAST: Long = 8.MiB

        /** Memory of its own, and never more than [limit] bytes, from [LEAST] on. */
        fun limitedTo(limit: Long): ServiceMemory {
            require(limit >= LEAST) { "a service with $limit bytes cannot serve: give it $LEAST" }
            val budget = MemoryBudget("measurements", limit)
            return ServiceMemory(limit, budget) { name, bytes ->
                MemoryPool.isolated(name) {
                    this.limit = bytes
                    this.budget = budget
                    quarantineBytes = bytes / 16
                }
            }
        }

        /**
         * Memory of somebody's [pool]: the default, or half of what that may have, which leaves as much again for what is
         * rounded up.
         */
        fun sharing(pool: MemoryPool): ServiceMemory =
            ServiceMemory(minOf(pool.limit / 2, DEFAULT), null) { _, _ -> pool }
    }
}
