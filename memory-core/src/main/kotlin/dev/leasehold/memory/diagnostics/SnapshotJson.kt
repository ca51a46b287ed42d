@file:JvmSynthetic

package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.ManagerStatistics
import dev.leasehold.memory.MemoryStatistics
import dev.leasehold.memory.PoolStatistics
import dev.leasehold.memory.WaitStatistics
import dev.leasehold.memory.internal.diagnostics.JsonWriter

/** The snapshot of [budget] in JSON. */
internal fun jsonOf(time: String, budget: BudgetSnapshot): String = JsonWriter().apply {
    objectOf {
        field("time", time)
        objectField("budget") { write(budget) }
    }
}.toString()

private fun JsonWriter.write(budget: BudgetSnapshot) {
    field("name", budget.name)
    field("path", budget.path)
    field("used", budget.used)
    field("limit", limit(budget.limit))
    field("peak", budget.peak)
    field("moved", budget.moved)
    field("otherCopies", budget.otherCopies)
    arrayField("budgets", budget.budgets) { write(it) }
    arrayField("pools", budget.pools) { pool ->
        writeOwner(pool)
        pool.statistics?.let { writePool(it) }
        arrayField("suspendingPools", pool.suspendingPools) { write(it) }
    }
    arrayField("managers", budget.managers) { manager ->
        writeOwner(manager)
        field("file", manager.file)
        manager.statistics?.let { writeManager(it) }
    }
}

private fun JsonWriter.writeOwner(owner: OwnerSnapshot) {
    field("name", owner.name)
    field("state", owner.state.name.lowercase())
    field("charged", owner.charged)
}

private fun JsonWriter.writePool(figures: PoolStatistics) {
    writeBytes(figures)
    field("leases", figures.leases)
    field("rents", figures.rents)
    field("hits", figures.hits)
    field("misses", figures.misses)
    field("waiters", figures.waiters.toLong())
    write(figures.waits)
}

private fun JsonWriter.write(pool: SuspendingPoolSnapshot) {
    field("state", pool.state.name.lowercase())
    field("capacity", pool.capacity)
    field("used", pool.used)
    field("waiters", pool.waiters.toLong())
    write(pool.waits)
}

private fun JsonWriter.write(waits: WaitStatistics): Unit = objectField("waits") {
    field("served", waits.served)
    field("timedOut", waits.timedOut)
    field("cancelled", waits.cancelled)
    field("failed", waits.failed)
    field("longestNanos", waits.longestNanos)
    field("totalNanos", waits.totalNanos)
    arrayField("distribution", waits.distribution.entries.toList()) { (bound, count) ->
        field("belowNanos", limit(bound))
        field("count", count)
    }
}

private fun JsonWriter.writeManager(figures: ManagerStatistics) {
    writeBytes(figures)
    field("blocks", figures.blocks)
    field("allocations", figures.allocations)
    field("hits", figures.hits)
}

private fun JsonWriter.writeBytes(figures: MemoryStatistics) {
    field("reserved", figures.reserved)
    field("used", figures.used)
    field("idle", figures.idle)
    field("quarantined", figures.quarantined)
    field("transferred", figures.transferred)
    field("peak", figures.peak)
    field("limit", limit(figures.limit))
}

private fun limit(bytes: Long): Long? = bytes.takeIf { it != Long.MAX_VALUE }
