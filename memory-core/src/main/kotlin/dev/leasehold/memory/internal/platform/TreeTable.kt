package dev.leasehold.memory.internal.platform

/** A line of a table whose first column is a tree, and the lines [below] it. */
internal class TreeLine(val cells: List<String>, val below: List<TreeLine> = emptyList())

/** The table of [header], [roots] and all below them: the first column to the left, the others to the right. */
internal fun treeTable(header: List<String>, roots: List<TreeLine>): String {
    val rows = buildList {
        add(header)
        for (root in roots) addLines(root, "", "")
    }
    val widths = header.indices.map { column -> rows.maxOf { it[column].length } }
    return rows.joinToString("\n") { row ->
        row.withIndex().joinToString("  ") { (column, cell) ->
            if (column == 0) cell.padEnd(widths[column]) else cell.padStart(widths[column])
        }.trimEnd()
    }
}

private fun MutableList<List<String>>.addLines(line: TreeLine, strokes: String, strokesBelow: String) {
    add(listOf(strokes + line.cells.first()) + line.cells.drop(1))
    for ((index, child) in line.below.withIndex()) {
        val isLast = index == line.below.lastIndex
        addLines(child, strokesBelow + if (isLast) "└─ " else "├─ ", strokesBelow + if (isLast) "   " else "│  ")
    }
}
