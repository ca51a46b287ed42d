package dev.leasehold.memory.micrometer.internal

import dev.leasehold.memory.MemoryBudget
import java.lang.ref.WeakReference
import java.util.IdentityHashMap

/**
 * The open pools and managers below a budget, and their figures by [OwnerKey]. It keeps none of them, but what each had
 * counted when it was last seen: that stays in the sums as long as another has its key. One thread at a time.
 */
internal class OwnerTable(private val budget: MemoryBudget) {
    private class Seen(owner: Any, val key: OwnerKey) : WeakReference<Any>(owner) {
        lateinit var figures: Figures
    }

    private var all = emptyList<Seen>()
    private val past = HashMap<OwnerKey, Figures>()

    /** Reads all figures. */
    fun read(): Map<OwnerKey, Figures> {
        val known = IdentityHashMap<Any, Seen>()
        for (seen in all) seen.get()?.let { known[it] = seen }
        val now = ArrayList<Seen>()
        for (budget in listOf(budget) + below(budget)) {
            for (pool in budget.pools) {
                if (!pool.isClosed) now += seen(known, pool, OwnerKey.POOL, pool.name, Figures(pool.stats()))
            }
            for (manager in budget.managers) {
                if (manager.isClosed) continue
                now += seen(known, manager, OwnerKey.MANAGER, manager.name, Figures(manager.stats()))
            }
        }
        val there = now.toSet()
        for (gone in all) if (gone !in there) add(past, gone.key, gone.figures.past())
        all = now
        val sums = HashMap<OwnerKey, Figures>()
        for (seen in now) add(sums, seen.key, seen.figures)
        past.keys.retainAll(sums.keys)
        for ((key, figures) in past) add(sums, key, figures)
        return sums
    }

    private fun seen(known: Map<Any, Seen>, owner: Any, kind: String, name: String, figures: Figures): Seen {
        val seen = known[owner] ?: Seen(owner, OwnerKey(kind, name))
        seen.figures = figures
        return seen
    }

    private fun add(sums: MutableMap<OwnerKey, Figures>, key: OwnerKey, figures: Figures) {
        val _ = sums.merge(key, figures, Figures::plus)
    }
}

/** All budgets below [budget]. */
internal fun below(budget: MemoryBudget): List<MemoryBudget> = budget.children.flatMap { listOf(it) + below(it) }
