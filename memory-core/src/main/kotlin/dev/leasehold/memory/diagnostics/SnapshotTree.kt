@file:JvmSynthetic

package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.ManagerStatistics
import dev.leasehold.memory.MemoryStatistics
import dev.leasehold.memory.PoolStatistics
import dev.leasehold.memory.internal.budget.ByteText
import dev.leasehold.memory.internal.platform.aligned
import dev.leasehold.memory.internal.platform.grouped

private const val COLUMNS = 9

/** A table whose first column is the tree of [budget] and all below it. */
internal fun treeOf(budget: BudgetSnapshot): String = aligned(
    buildList {
        add(HEADER)
        addBudget(budget, "", "")
    },
)

private fun MutableList<List<String>>.addBudget(budget: BudgetSnapshot, indent: String, below: String) {
    val head = indent + budget.name
    add(listOf(head, of(budget.used), "", "", "", limit(budget.limit), of(budget.peak), "", ""))
    val rows = budget.pools.map { owner("pool", it) } + budget.managers.map { owner("manager", it) }
    val moved = if (budget.moved > 0) listOf(row("moved here", of(budget.moved))) else emptyList()
    val others = if (budget.otherCopies > 0) listOf(row(ByteText.OTHERS, of(budget.otherCopies))) else emptyList()
    val leaves = rows + moved + others
    for ((index, leaf) in leaves.withIndex()) {
        val isLast = index == leaves.lastIndex && budget.budgets.isEmpty()
        add(listOf(below + turn(isLast) + leaf.first()) + leaf.drop(1))
    }
    for ((index, child) in budget.budgets.withIndex()) {
        val isLast = index == budget.budgets.lastIndex
        addBudget(child, below + turn(isLast), below + if (isLast) "   " else "│  ")
    }
}

private fun owner(kind: String, owner: OwnerSnapshot): List<String> {
    val state = if (owner.state == OwnerState.OPEN) "" else " (${owner.state.name.lowercase()})"
    val name = "$kind ${owner.name}$state"
    val figures = owner.statistics ?: return row(name, of(owner.charged))
    return listOf(
        name,
        of(figures.reserved),
        of(figures.used),
        of(figures.idle),
        of(figures.quarantined),
        limit(figures.limit),
        of(figures.peak),
        grouped(requests(figures)),
        (figures as? PoolStatistics)?.let { grouped(it.waiters.toLong()) } ?: "",
    )
}

private fun requests(figures: MemoryStatistics): Long = when (figures) {
    is PoolStatistics -> figures.rents
    is ManagerStatistics -> figures.allocations
    else -> 0
}

private fun row(name: String, held: String): List<String> = listOf(name, held) + List(COLUMNS - 2) { "" }

private fun of(bytes: Long) = ByteText.of(bytes)

private fun limit(bytes: Long) = if (bytes == Long.MAX_VALUE) "none" else of(bytes)

private fun turn(isLast: Boolean) = if (isLast) "└─ " else "├─ "

private val HEADER =
    listOf("memory", "held", "in use", "idle", "quarantined", "limit", "peak", "requests", "waiting")
