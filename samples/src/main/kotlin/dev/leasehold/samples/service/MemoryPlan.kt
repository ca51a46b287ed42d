package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB

/**
 * How the coroutine version divides the bytes that it may have, so that its connections can wait for memory and never
 * for each other.
 *
 * ```
 * |  9/16 connections: 64 KiB each  | 1/8 large tables | 1/8 totals | 3/16 left over |
 * ```
 *
 * A connection rents what it needs in one lease, and one of the few that meet more stations than fit there rents a large
 * table beside it. If both came out of one line, all connections could hold their first lease and wait for a second one:
 * nobody would ever get on. So there are two lines with their own bytes, always entered in this order. Whoever has a
 * large table needs nothing more, so it ends, and the next in that line goes on; whoever stands in the first line holds
 * nothing that anybody waits for.
 *
 * What is left over is for what no request counts: blocks are rounded up to whole pages, and closed leases are
 * quarantined until their views are cut off.
 */
internal class MemoryPlan(val limit: Long) {
    init {
        require(limit >= LEAST) { "a service with $limit bytes cannot serve: give it $LEAST" }
    }

    /** Bytes for the first lease of each connection. */
    val connections: Long = limit / 16 * 9

    /** Bytes for large tables: at least one. */
    val largeTables: Long = maxOf(limit / 8, GroundPlan.LARGE)

    /** Bytes for the figures over all streams. */
    val totals: Long = limit / 8

    /** How many connections are served at once; the others wait. */
    val served: Long get() = connections / GroundPlan.CONNECTION

    /** Makes the pool that this plan is for. */
    fun makePool(name: String): MemoryPool {
        val plan = this
        return MemoryPool.isolated(name) {
            limit = plan.limit
            quarantineBytes = plan.limit / 16
        }
    }

    companion object {
        val DEFAULT: Long = 64.MiB

        /** What two large tables and a few connections take. */
        val LEAST: Long = 8.MiB

        /** The default, or less where a pool's [limit] is less. */
        fun within(limit: Long): MemoryPlan = MemoryPlan(minOf(limit, DEFAULT))
    }
}
