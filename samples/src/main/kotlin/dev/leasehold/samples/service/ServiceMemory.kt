package dev.leasehold.samples.service

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.rentShared

/**
 * The memory of the service, divided so that its connections wait for memory and never for each other.
 *
 * ```
 * budget 'measurements', the limit
 *   pool 'connections'     64 KiB for each connection that sends
 *   pool 'large tables'    1.5 MiB for each of the few that meet many stations, and for the total
 * ```
 *
 * Each pool has a line of its own, and both are entered in the same order. Out of one line, all connections could hold
 * their first lease and wait for a second, and none would ever go on. Here a connection in the first line holds
 * nothing, and one that has got a large table needs nothing more, so it ends, and the next can go on.
 *
 * @property limit the most bytes that are ever held from the system
 */
class ServiceMemory(val limit: Long) : AutoCloseable {
    init {
        require(limit >= LEAST) { "a service with $limit bytes cannot serve: give it at least $LEAST" }
    }

    private val budget = MemoryBudget("measurements", limit)
    private val tableCount = maxOf(limit / 8 / LARGE_TABLE, 1)
    private val tablePool = MemoryPool.isolated("large tables") {
        limit = (tableCount + 1) * LARGE_TABLE
        budget = this@ServiceMemory.budget
    }
    private val connectionPool = MemoryPool.isolated("connections") {
        limit = this@ServiceMemory.limit - tablePool.limit
        budget = this@ServiceMemory.budget
    }

    /** Lends [CONNECTION] bytes to each connection. A quarter is left for rounding. */
    val connections = SuspendingPool(connectionPool, connectionPool.limit / 4 * 3) { maxWaiters = Int.MAX_VALUE }

    /** Lends [LARGE_TABLE] bytes to each of the few connections that need them. */
    val largeTables = SuspendingPool(tablePool, tableCount * LARGE_TABLE) { maxWaiters = Int.MAX_VALUE }

    /** The pools, for their figures. */
    val pools = listOf(connectionPool, tablePool)

    /** How many connections have memory at the same time; the others wait. */
    val served: Long get() = connections.capacity / CONNECTION

    /** The most bytes that were ever held from the system. */
    val peak: Long get() = budget.peak

    /** A large table for all streams together, which the caller closes. */
    fun rentTotal(): SharedLease =
        tablePool.rentShared(LARGE_TABLE).also { it.withSegment { bytes -> table(bytes).clear() } }

    override fun close() {
        connections.close()
        largeTables.close()
        pools.forEach { it.close() }
        budget.close()
    }

    companion object {
        private val SMALL_TABLE = 40.KiB

        /** Enough for one large table and some forty connections. */
        val LEAST = 8.MiB

        /** What a connection rents: a table for some 400 stations, and the buffer that it reads into. */
        val CONNECTION = SMALL_TABLE + 24.KiB

        /** Room for [LineFormat.MAX_STATIONS] with names of the full length. */
        val LARGE_TABLE = 1536.KiB

        /**
         * Where the buffer begins in the memory of a connection: at the end, so that no read can run into the table.
         */
        val BUFFER = SMALL_TABLE

        /** The buffer in the memory of a connection. */
        fun buffer(connection: Segment): Segment = connection.slice(BUFFER)

        /** The table in the memory of a connection, or in a large table. */
        fun table(lease: Segment): StationTable =
            StationTable(if (lease.size == CONNECTION) lease.slice(0, SMALL_TABLE) else lease)
    }
}
