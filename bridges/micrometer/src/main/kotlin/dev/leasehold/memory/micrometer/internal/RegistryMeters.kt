package dev.leasehold.memory.micrometer.internal

import dev.leasehold.memory.MemoryBudget
import io.micrometer.core.instrument.FunctionCounter
import io.micrometer.core.instrument.Gauge
import io.micrometer.core.instrument.Meter
import io.micrometer.core.instrument.MeterRegistry
import io.micrometer.core.instrument.Tag
import io.micrometer.core.instrument.Tags
import java.util.concurrent.locks.ReentrantLock

/**
 * The meters in one [registry]. Each knows its key, and asks here for the figures, which are read anew when they are a
 * second old. Any thread; who comes while another reads gets the figures before.
 */
internal class RegistryMeters(val registry: MeterRegistry, private val budget: MemoryBudget, tags: List<Tag>) {
    private val common = Tags.of(tags)
    private val lock = ReentrantLock()
    private val table = OwnerTable(budget)

    @Volatile private var owners = emptyMap<OwnerKey, Figures>()

    @Volatile private var budgets = emptyMap<String, BudgetFigures>()

    @Volatile private var readAt = System.nanoTime()

    // Under the lock.
    private val meters = HashMap<Any, List<Meter>>()
    private var isClosed = false

    /** Reads all figures, and adds and removes meters, unless that is being done. */
    fun update() {
        // Also where a registry reads a meter as soon as it has it.
        if (lock.isHeldByCurrentThread || !lock.tryLock()) return
        try {
            if (!isClosed) updateLocked()
        } finally {
            lock.unlock()
        }
    }

    private fun updateLocked() {
        readAt = System.nanoTime()
        owners = table.read()
        budgets = (listOf(budget) + below(budget)).groupBy { it.path }.mapValues { (_, same) -> BudgetFigures(same) }
        val gone = meters.keys - owners.keys - budgets.keys
        for (key in gone) meters.remove(key)?.forEach(registry::remove)
        for (key in owners.keys) if (key !in meters) meters[key] = metersOf(key)
        for (path in budgets.keys) if (path !in meters) meters[path] = metersOf(path)
    }

    /** Removes all meters. */
    fun close() {
        lock.lock()
        try {
            isClosed = true
            for (all in meters.values) all.forEach(registry::remove)
            meters.clear()
        } finally {
            lock.unlock()
        }
    }

    private fun updateSometimes() {
        if (System.nanoTime() - readAt >= PERIOD_NANOS) update()
    }

    // ---- owners ----

    private fun metersOf(key: OwnerKey): List<Meter> {
        val isPool = key.kind == OwnerKey.POOL
        val bytes = listOf(
            bytes(key, "used", "The memory that is in use") { it.used.toDouble() },
            bytes(key, "reserved", "The memory that is held from the system") { it.reserved.toDouble() },
            bytes(key, "idle", "The memory that is held and not in use") { it.idle.toDouble() },
            bytes(key, "quarantined", "The closed memory that waits for kept views") { it.quarantined.toDouble() },
            bytes(key, "limit", "The most memory that may be held") { it.limit },
        )
        val counts = if (isPool) {
            listOf(
                gauge(key, "leasehold.leases", "leases", "The leases that are open") { it.open.toDouble() },
                gauge(key, "leasehold.waiters", "waiters", "The requests that wait") { it.waiters.toDouble() },
                gauge(key, "leasehold.wait.longest", "seconds", "The longest wait of a request") {
                    it.longestWait / NANOS_IN_SECOND
                },
                counter(key, "rents", "The requests that were served") { it.requests },
            ) + Figures.WAITS.keys.map { outcome ->
                counter(key, "waits", "The requests that have waited", Tags.of("outcome", outcome)) {
                    it.waits.getValue(outcome)
                }
            }
        } else {
            listOf(
                gauge(key, "leasehold.blocks", "blocks", "The blocks that are open") { it.open.toDouble() },
                counter(key, "allocations", "The requests that were served") { it.requests },
            )
        }
        return bytes + counts + counter(key, "hits", "The requests that a thread's own cache served") { it.hits }
    }

    private fun bytes(key: OwnerKey, name: String, description: String, figure: (Figures) -> Double): Meter =
        gauge(key, "leasehold.memory.$name", "bytes", description, figure)

    // The registry keeps this: nobody else may.
    private fun gauge(key: OwnerKey, name: String, unit: String, about: String, figure: (Figures) -> Double): Meter =
        Gauge.builder(name, this) { it.figuresOf(key)?.let(figure) ?: Double.NaN }.tags(tagsOf(key)).baseUnit(unit)
            .description(about).strongReference(true).register(registry)

    private fun counter(
        key: OwnerKey,
        name: String,
        description: String,
        more: Tags = Tags.empty(),
        figure: (Figures) -> Long,
    ): Meter {
        // A counter that has gone from the table and not yet from the registry stays where it was.
        var last = 0L
        val value = { it: RegistryMeters ->
            it.figuresOf(key)?.let { last = figure(it) }
            last.toDouble()
        }
        return FunctionCounter.builder("leasehold.$name", this) { value(it) }.tags(tagsOf(key).and(more)).baseUnit(name)
            .description(description).register(registry)
    }

    private fun figuresOf(key: OwnerKey): Figures? {
        updateSometimes()
        return owners[key]
    }

    private fun tagsOf(key: OwnerKey) = common.and("kind", key.kind, "owner", key.name)

    // ---- budgets ----

    private class BudgetFigures(same: List<MemoryBudget>) {
        val used = same.sumOf { it.used }.toDouble()
        val limit = same.sumOf { Figures.bytesOf(it.limit) }
    }

    private fun metersOf(path: String): List<Meter> = listOf(
        budgetGauge(path, "used", "The memory that counts in the budget") { it.used },
        budgetGauge(path, "limit", "The most memory that may count in the budget") { it.limit },
    )

    private fun budgetGauge(path: String, name: String, about: String, figure: (BudgetFigures) -> Double): Meter =
        Gauge.builder("leasehold.budget.$name", this) { it.budgetOf(path)?.let(figure) ?: Double.NaN }
            .tags(common.and("budget", path)).baseUnit("bytes").description(about).strongReference(true)
            .register(registry)

    private fun budgetOf(path: String): BudgetFigures? {
        updateSometimes()
        return budgets[path]
    }

    private companion object {
        const val PERIOD_NANOS = 1_000_000_000L
        const val NANOS_IN_SECOND = 1e9
    }
}
