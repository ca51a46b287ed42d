package dev.leasehold.memory.internal.budget

/** The messages of budgets that refuse: the budget, the request, the bound, and the remedy. */
internal object BudgetMessages {
    const val BLANK_NAME: String = "the name of a budget must not be blank"

    fun negativeLimit(path: String, limit: Long): String =
        "budget '$path': the limit must not be negative, and was $limit; Long.MAX_VALUE means none"

    /** Why a soft limit cannot have [threshold]; null when it can. */
    fun threshold(path: String, threshold: Long, limit: Long): String? = when {
        threshold <= 0 -> "budget '$path': a soft limit must be positive, and was $threshold"

        threshold <= limit -> null

        else -> "budget '$path': the soft limit of ${ByteText.of(threshold)} is above the limit of " +
            "${ByteText.of(limit)} and would never be reached"
    }

    fun rootClose(path: String): String =
        "the budget '$path' is the root, belongs to the whole process and cannot be closed; " +
            "use MemoryBudget(name) for one that can"

    fun inUse(node: BudgetNode): String {
        val drawing = node.members.live().map(Members.Entry::describe)
        val users = if (drawing.isEmpty()) "leases that were transferred to it" else drawing.joinToString()
        return "budget '${node.path}' cannot be closed: ${ByteText.of(node.used)} used, and $users still " +
            "${if (drawing.size == 1) "draws" else "draw"} on it: close what draws on a budget before the budget"
    }

    fun ofAnotherTree(path: String, root: String): String =
        "budget '$path' is not in the tree of '$root': a charge moves within one tree only"

    fun notTransferred(what: String, refusal: BudgetRefusal): String =
        "$refusal; $what was not transferred, and stays as it was: close what draws on '${refusal.node.path}' " +
            "sooner, or raise its limit"
}
