package dev.leasehold.memory.micrometer

import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.micrometer.internal.RegistryMeters
import io.micrometer.core.instrument.MeterRegistry
import io.micrometer.core.instrument.Tag
import io.micrometer.core.instrument.binder.MeterBinder
import java.util.concurrent.CopyOnWriteArrayList

/**
 * Meters of a budget and of all pools, managers and budgets below it.
 *
 * | meter | kind | unit | tags | what |
 * |---|---|---|---|---|
 * | `leasehold.memory.used` | gauge | bytes | `kind`, `owner` | in use |
 * | `leasehold.memory.reserved` | gauge | bytes | `kind`, `owner` | held from the system |
 * | `leasehold.memory.idle` | gauge | bytes | `kind`, `owner` | held and not in use |
 * | `leasehold.memory.quarantined` | gauge | bytes | `kind`, `owner` | closed, and waiting for kept views to be cut off |
 * | `leasehold.memory.limit` | gauge | bytes | `kind`, `owner` | may be held; infinite where there is no limit |
 * | `leasehold.leases`, `leasehold.blocks` | gauge | | `kind`, `owner` | open now, of pools and of managers |
 * | `leasehold.waiters` | gauge | | `kind`, `owner` | requests that wait for memory, of pools |
 * | `leasehold.waits` | counter | | `kind`, `owner`, `outcome` | waits in pools, by their end |
 * | `leasehold.wait.longest` | gauge | seconds | `kind`, `owner` | the longest of them |
 * | `leasehold.rents`, `leasehold.allocations` | counter | | `kind`, `owner` | served, of pools and of managers |
 * | `leasehold.hits` | counter | | `kind`, `owner` | of these, the ones that a thread's own cache served |
 * | `leasehold.budget.used`, `leasehold.budget.limit` | gauge | bytes | `budget` | in a budget, named by its path |
 *
 * `kind` is `pool` or `manager`, and `owner` a name. Owners that have a name and kind in common, wherever in the tree,
 * share their meters, which have the sums. A counter does not fall when one of them goes.
 *
 * A pool that is made later has its meters from the next [update] on, and one that is closed or garbage has none any
 * more; where it was the last of its name, they go. Reading any of the meters updates all, at most once a second: so all
 * values are of one moment, and up to a second old.
 *
 * **Ownership.** A registry keeps what it was [bound][bindTo] to; [close] takes the meters off again. None keeps a pool,
 * a manager or a budget but the one that this was made of.
 * **Threads.** Any.
 * **Cost.** Nothing but where meters are read: then the `stats()` of each owner, at most once a second.
 *
 * @sample dev.leasehold.memory.micrometer.samples.metersOfAll
 * @param budget what is measured: all memory of the process, if it is not said
 * @param tags further tags of each meter
 */
public class LeaseholdMetrics @JvmOverloads constructor(
    private val budget: MemoryBudget = MemoryBudget.root(),
    tags: Iterable<Tag> = emptyList(),
) : MeterBinder,
    AutoCloseable {
    private val tags = tags.toList()
    private val bound = CopyOnWriteArrayList<RegistryMeters>()

    /** Registers the meters with [registry], until [close]. To bind the same registry again does nothing. */
    @Synchronized
    override fun bindTo(registry: MeterRegistry) {
        if (bound.any { it.registry === registry }) return
        val meters = RegistryMeters(registry, budget, tags)
        bound.add(meters)
        meters.update()
    }

    /** Reads all figures now, adds the meters of what has come and removes those of what has gone. */
    public fun update(): Unit = bound.forEach(RegistryMeters::update)

    /** Removes all meters from the registries. Closing again does nothing. */
    @Synchronized
    override fun close() {
        bound.forEach(RegistryMeters::close)
        bound.clear()
    }
}
