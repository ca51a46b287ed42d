package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.internal.budget.NodeFigures
import java.time.Instant

/**
 * The figures of a budget and of all below it: budgets, pools, managers and mapped files, and permanent memory.
 *
 * What the budgets count was true together, at one moment; the figures of each pool and manager are a moment's of their
 * own, taken one after the other right after that, and add up each for itself. What is just being transferred from one
 * budget to another counts in both, and once in what is above both.
 *
 * **Ownership.** It holds nothing but figures and names: no pool and no memory stays for it.
 * **Threads.** Any; it never changes.
 * **Cost.** All reservations of the tree wait while the budgets are read, some ten nanoseconds for each pool; then the
 * caches of each pool's threads are walked. What is leased costs nothing, however many leases there are.
 *
 * @sample dev.leasehold.memory.samples.snapshotOfAll
 */
public class MemorySnapshot private constructor(
    /** When it was taken, in milliseconds since the beginning of 1970 (UTC). */
    public val time: Long,
    /** The budget that it was taken of. */
    public val budget: BudgetSnapshot,
) {
    /** The [budget] and all budgets below it, each before those below it. */
    public val budgets: List<BudgetSnapshot> get() = below(budget)

    /** The pools of all [budgets]. */
    public val pools: List<PoolSnapshot> get() = budgets.flatMap { it.pools }

    /** The managers of all [budgets], also those of mapped files. */
    public val managers: List<ManagerSnapshot> get() = budgets.flatMap { it.managers }

    private fun below(budget: BudgetSnapshot): List<BudgetSnapshot> = listOf(budget) + budget.budgets.flatMap(::below)

    /** A table for people, a line for each budget, pool and manager, in whole units of bytes. */
    public fun toTree(): String = treeOf(budget)

    /**
     * All figures in JSON: one object with `time` (ISO 8601) and `budget`, and in that, with the names that these classes have,
     * `budgets`, `pools` and `managers`. Bytes are numbers; a limit that there is not is null.
     */
    public fun toJson(): String = jsonOf(at(), budget)

    /** The time and what was used, for logs. */
    override fun toString(): String = "MemorySnapshot of ${at()}: $budget"

    private fun at(): String = Instant.ofEpochMilli(time).toString()

    /** Takes snapshots. */
    public companion object {
        /**
         * Takes one of [budget] and all below it: of all memory of the process, if it is not said.
         *
         * **Cost.** See the class.
         */
        @JvmStatic
        @JvmOverloads
        public fun take(budget: MemoryBudget = MemoryBudget.root()): MemorySnapshot = take(budget, mostSlabs = null)

        /** One that knows the blocks of each pool and manager by size, too, and of each [mostSlabs] slabs. */
        internal fun detailed(budget: MemoryBudget, mostSlabs: Int): MemorySnapshot = take(budget, mostSlabs)

        private fun take(budget: MemoryBudget, mostSlabs: Int?): MemorySnapshot {
            val time = System.currentTimeMillis()
            return MemorySnapshot(time, BudgetSnapshot(NodeFigures.of(budget.node), mostSlabs))
        }
    }
}
