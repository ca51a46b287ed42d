package dev.leasehold.memory.internal.budget

import dev.leasehold.memory.internal.platform.TreeLine
import dev.leasehold.memory.internal.platform.treeTable

/** Prints a node and all below it, one line each, with figures that were true together. */
internal object BudgetTree {
    fun print(node: BudgetNode): String {
        val figures = NodeFigures.of(node)
        return treeTable(HEADER, listOf(lineOf(figures)) + bytesOf(ByteText.OTHERS, figures.outside))
    }

    private fun lineOf(node: NodeFigures): TreeLine = TreeLine(
        listOf(
            node.label,
            ByteText.of(node.used),
            ByteText.ofLimit(node.limit),
            if (node.limit == Long.MAX_VALUE) "" else "${percent(node.used, node.limit)} %",
            ByteText.of(node.peak),
        ),
        node.below.map(::lineOf) + bytesOf("moved here", node.own),
    )

    /** A line for [bytes] that are no node's; none where there are none. */
    private fun bytesOf(name: String, bytes: Long): List<TreeLine> =
        if (bytes == 0L) emptyList() else listOf(TreeLine(listOf(name, ByteText.of(bytes), "", "", "")))

    // In two steps, because a hundred times the bytes may be more than a long can count.
    private fun percent(used: Long, limit: Long): Long = when {
        limit == 0L -> if (used == 0L) 0 else 100
        used <= Long.MAX_VALUE / 100 -> used * 100 / limit
        else -> used / (limit / 100)
    }

    private val HEADER = listOf("budget", "used", "limit", "full", "peak")
}
