package dev.leasehold.samples.guide

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared

/** The guide's snippets on budgets. What stands between a region's comments is what docs/guide.md shows. */
internal object Budgets {
    fun tree(report: (String) -> Unit) {
        // region budgets
        val ingest = MemoryBudget("ingest", limit = 8.MiB) // below the root, which has what the container has
        val sockets = MemoryBudget("sockets", limit = 4.MiB, parent = ingest)
        val pool = MemoryPool.isolated("frames") { budget = sockets }
        val frames = pool.rent(4.MiB) // counts in sockets, in ingest and in the root
        // endregion
        // region budget refusal
        try {
            pool.rent(1.MiB).use { it.segment.zero() }
        } catch (full: BudgetExceededException) {
            report("${full.path} is full: ${full.message}")
        }
        // endregion
        frames.close()
        pool.close()
        sockets.close()
        ingest.close()
    }

    fun watch(warn: (String) -> Unit) {
        val budget = MemoryBudget("cache", limit = 8.MiB)
        // region soft limit
        budget.onSoftLimit(6.MiB) { crossed, used ->
            warn("${crossed.path} is above its soft limit: $used bytes")
        }
        // endregion
        MemoryPool.isolated("entries") { this.budget = budget }.use { it.rent(7.MiB).close() }
        budget.close()
    }

    fun handOver(report: (String) -> Unit) {
        val parsers = MemoryBudget("parsers", limit = 8.MiB)
        val store = MemoryBudget("store", limit = 8.MiB)
        val pool = MemoryPool.isolated("rows") { budget = parsers }
        // region transfer
        val parsed = pool.rentShared(1.MiB)
        val kept: SharedLease = parsed.transferTo(store) // the same bytes; from here on the store pays for them
        report("${parsers.used} bytes are the parsers', ${store.used} the store's")
        kept.close() // the block goes back to its pool, and so does the charge
        // endregion
        pool.close()
        parsers.close()
        store.close()
    }

    fun print(log: (String) -> Unit) {
        // region budget tree
        log(MemoryBudget.root().toTree())
        // endregion
    }
}
