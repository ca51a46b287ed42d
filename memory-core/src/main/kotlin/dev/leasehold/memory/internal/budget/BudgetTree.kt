package dev.leasehold.memory.internal.budget

import dev.leasehold.memory.internal.platform.aligned

/** Prints a node and all below it, one line each, with figures that were true together. */
internal object BudgetTree {
    /** One line: [name] stands after [indent]. */
    private class Row(val indent: String, val name: String, val used: Long, val limit: Long?, val peak: Long?) {
        fun cells(): List<String> = listOf(
            indent + name,
            ByteText.of(used),
            limit?.let(ByteText::ofLimit) ?: "",
            if (limit == null || limit == Long.MAX_VALUE) "" else "${percent(used, limit)} %",
            peak?.let(ByteText::of) ?: "",
        )

        // In two steps, because a hundred times the bytes may be more than a long can count.
        private fun percent(used: Long, limit: Long): Long = when {
            limit == 0L -> if (used == 0L) 0 else 100
            used <= Long.MAX_VALUE / 100 -> used * 100 / limit
            else -> used / (limit / 100)
        }
    }

    fun print(node: BudgetNode): String {
        val rows = buildList { addRows(NodeFigures.of(node), "", "") }
        return aligned(listOf(HEADER) + rows.map(Row::cells))
    }

    private fun MutableList<Row>.addRows(node: NodeFigures, indent: String, below: String) {
        add(Row(indent, node.label, node.used, node.limit, node.peak))
        for ((index, member) in node.below.withIndex()) {
            val isLast = index == node.below.lastIndex && node.own == 0L
            addRows(member, below + turn(isLast), below + if (isLast) "   " else "│  ")
        }
        if (node.own > 0) add(Row(below + turn(isLast = true), "moved here", node.own, null, null))
        if (node.outside > 0) add(Row(below, ByteText.OTHERS, node.outside, null, null))
    }

    private fun turn(isLast: Boolean) = if (isLast) "└─ " else "├─ "

    private val HEADER = listOf("budget", "used", "limit", "full", "peak")
}
