@file:JvmSynthetic

package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.ManagerStatistics
import dev.leasehold.memory.MemoryStatistics
import dev.leasehold.memory.PoolStatistics
import dev.leasehold.memory.internal.budget.ByteText
import dev.leasehold.memory.internal.platform.TreeLine
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.internal.platform.treeTable

private val HEADER =
    listOf("memory", "held", "in use", "idle", "quarantined", "limit", "peak", "requests", "waiting")

/** A table whose first column is the tree of [budget] and all below it. */
internal fun treeOf(budget: BudgetSnapshot): String =
    treeTable(HEADER, listOf(lineOf(budget)) + bytesOf(ByteText.OTHERS, budget.otherCopies))

private fun lineOf(budget: BudgetSnapshot): TreeLine = TreeLine(
    listOf(budget.name, of(budget.used), "", "", "", limit(budget.limit), of(budget.peak), "", ""),
    budget.pools.map { lineOf("pool", it) } + budget.managers.map { lineOf("manager", it) } +
        bytesOf("moved here", budget.moved) + budget.budgets.map(::lineOf),
)

private fun lineOf(kind: String, owner: OwnerSnapshot): TreeLine {
    val name = "$kind ${owner.name}${suffix(owner.state)}"
    val figures = owner.statistics ?: return bytesLine(name, owner.charged)
    return TreeLine(
        listOf(
            name,
            of(figures.reserved),
            of(figures.used),
            of(figures.idle),
            of(figures.quarantined),
            limit(figures.limit),
            of(figures.peak),
            grouped(requests(figures)),
            (figures as? PoolStatistics)?.let { grouped(it.waiters.toLong()) } ?: "",
        ),
        (owner as? PoolSnapshot)?.suspendingPools.orEmpty().map { lineOf(owner.name, it) },
    )
}

private fun lineOf(name: String, pool: SuspendingPoolSnapshot): TreeLine {
    val memory = "suspending $name${suffix(pool.state)}"
    val waiting = grouped(pool.waiters.toLong())
    return TreeLine(listOf(memory, "", of(pool.used), "", "", limit(pool.capacity), "", "", waiting))
}

private fun suffix(state: OwnerState) = if (state == OwnerState.OPEN) "" else " (${state.name.lowercase()})"

private fun requests(figures: MemoryStatistics): Long = when (figures) {
    is PoolStatistics -> figures.rents
    is ManagerStatistics -> figures.allocations
    else -> 0
}

private fun bytesOf(name: String, bytes: Long): List<TreeLine> =
    if (bytes == 0L) emptyList() else listOf(bytesLine(name, bytes))

/** A line that has no more than [bytes] to say. */
private fun bytesLine(name: String, bytes: Long) = TreeLine(listOf(name, of(bytes)) + List(HEADER.size - 2) { "" })

private fun of(bytes: Long) = ByteText.of(bytes)

private fun limit(bytes: Long) = if (bytes == Long.MAX_VALUE) "none" else of(bytes)
