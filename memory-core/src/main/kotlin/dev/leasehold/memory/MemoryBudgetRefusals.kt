package dev.leasehold.memory

import dev.leasehold.memory.internal.budget.BudgetNode
import dev.leasehold.memory.internal.budget.BudgetRefusal
import dev.leasehold.memory.internal.budget.ByteText

/** What budgets refuse, and in which words: who, how much was asked, what the bound is, and what to do. */
internal object MemoryBudgetRefusals {
    fun checkedNode(name: String, limit: Long, parent: BudgetNode): BudgetNode {
        if (name.isBlank()) throw BudgetConfigurationException("the name of a budget must not be blank")
        return BudgetNode(name, checkedLimit(parent.path + BudgetNode.SEPARATOR + name, limit), parent)
    }

    fun checkedLimit(path: String, limit: Long): Long {
        if (limit < 0) {
            throw BudgetConfigurationException(
                "budget '$path': the limit must not be negative, and was $limit; Long.MAX_VALUE means none",
            )
        }
        return limit
    }

    fun checkThreshold(path: String, threshold: Long, limit: Long) {
        if (threshold <= 0) {
            throw BudgetConfigurationException("budget '$path': a soft limit must be positive, and was $threshold")
        }
        if (threshold > limit) {
            throw BudgetConfigurationException(
                "budget '$path': the soft limit of ${ByteText.of(threshold)} is above the limit of " +
                    "${ByteText.of(limit)} and would never be reached",
            )
        }
    }

    fun closed(path: String) = BudgetClosedException(
        "budget '$path' is closed: draw on a budget that is open",
        path,
    )

    fun rootClose(path: String): String =
        "the budget '$path' is the root, belongs to the whole process and cannot be closed; " +
            "use MemoryBudget(name) for one that can"

    fun inUse(node: BudgetNode): BudgetInUseException {
        val drawing = node.members.live().map { "${it.kind} '${it.node.name}'" }
        val who = if (drawing.isEmpty()) "leases that were transferred to it" else drawing.joinToString()
        return BudgetInUseException(
            "budget '${node.path}' cannot be closed: ${ByteText.of(node.used)} used, and $who still " +
                "${if (drawing.size == 1) "draws" else "draw"} on it: close what draws on a budget before the budget",
            node.path,
            node.used,
        )
    }

    fun exceeded(pool: String, size: Long, refusal: BudgetRefusal): RuntimeException =
        exceededBy("pool '$pool'", pool, size, refusal, ", or rent with a timeout to wait")

    /** That [refusal] stopped [who], whose name is [name], when it was asked for [size] bytes. */
    fun exceededBy(
        who: String,
        name: String,
        size: Long,
        refusal: BudgetRefusal,
        orElse: String = "",
    ): RuntimeException {
        if (refusal.node.closed) return closed(refusal.node.path)
        val or = if (orElse.isEmpty()) " or" else ","
        val message = "$refusal; $who asked it for the pages of $size bytes: close what is no longer used$or " +
            "raise the limit of '${refusal.node.path}'$orElse"
        return exceeded(name, size, refusal, message)
    }

    fun timeout(pool: String, size: Long, nanos: Long, refusal: BudgetRefusal): String =
        "$refusal; pool '$pool' waited ${nanos / NANOS_A_MILLI} ms for $size bytes in vain: close leases sooner, or " +
            "raise the limit of '${refusal.node.path}'"

    fun notTransferred(what: String, name: String, size: Long, refusal: BudgetRefusal): RuntimeException =
        if (refusal.node.closed) closed(refusal.node.path) else notMoved(what, name, size, refusal)

    private fun notMoved(what: String, name: String, size: Long, refusal: BudgetRefusal) = exceeded(
        name,
        size,
        refusal,
        "$refusal; $what was not transferred, and stays as it was: close what " +
            "draws on '${refusal.node.path}' sooner, or raise its limit",
    )

    private fun exceeded(pool: String, size: Long, refusal: BudgetRefusal, message: String) =
        BudgetExceededException(message, pool, size, refusal.node.path, refusal.limit, refusal.used)

    fun ofAnotherTree(path: String, root: String) = BudgetConfigurationException(
        "budget '$path' is not in the tree of '$root': a charge moves within one tree only",
    )

    private const val NANOS_A_MILLI = 1_000_000
}
