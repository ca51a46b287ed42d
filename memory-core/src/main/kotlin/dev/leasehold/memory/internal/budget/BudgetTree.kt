package dev.leasehold.memory.internal.budget

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
        val rows = node.gate.alone { buildList { addRows(node, node.name, "", "") } }
        val cells = listOf(HEADER) + rows.map(Row::cells)
        val widths = HEADER.indices.map { column -> cells.maxOf { it[column].length } }
        return cells.joinToString("\n") { line(it, widths) }
    }

    private fun line(cells: List<String>, widths: List<Int>): String =
        cells.withIndex().joinToString("  ") { (column, cell) ->
            if (column == 0) cell.padEnd(widths[column]) else cell.padStart(widths[column])
        }.trimEnd()

    private fun MutableList<Row>.addRows(node: BudgetNode, name: String, indent: String, below: String) {
        add(Row(indent, name, node.used, node.limit, node.peak))
        val members = node.members.live()
        val own = node.ownBytes
        for ((index, member) in members.withIndex()) {
            val isLast = index == members.lastIndex && own == 0L
            addRows(member.node, member.label(), below + turn(isLast), below + if (isLast) "   " else "│  ")
        }
        if (own > 0) add(Row(below + turn(isLast = true), "moved here", own, null, null))
        val outside = node.outside
        if (outside > 0) add(Row(below, ByteText.OTHERS, outside, null, null))
    }

    private fun turn(isLast: Boolean) = if (isLast) "└─ " else "├─ "

    private val HEADER = listOf("budget", "used", "limit", "full", "peak")
}
