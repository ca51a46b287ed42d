package dev.leasehold.memory.internal.platform

// Figures and names as messages show them.

/** A number with its thousands apart: `4,096`. */
internal fun grouped(number: Long): String = String.format(java.util.Locale.ROOT, "%,d", number)

/** A number of what [one] calls one of: `1 block`, `2,000 blocks`. */
internal fun counted(count: Long, one: String, many: String = one + "s"): String =
    if (count == 1L) "1 $one" else "${grouped(count)} $many"

/** A number of bytes: `1 byte`, `4,096 bytes`. */
internal fun bytes(count: Long): String = counted(count, "byte")

/** An address: `0x7f0012`. */
internal fun hex(address: Long): String = "0x" + java.lang.Long.toHexString(address)

/** A thread: `virtual thread 'reader' (#31)`. */
internal fun describe(thread: Thread): String =
    (if (thread.isVirtual) "virtual thread" else "thread") + " '${thread.name}' (#${thread.threadId()})"

/** A table: [rows] of equal length, the first column to the left and the others to the right, two blanks between. */
internal fun aligned(rows: List<List<String>>): String {
    val widths = rows.first().indices.map { column -> rows.maxOf { it[column].length } }
    return rows.joinToString("\n") { row ->
        row.withIndex().joinToString("  ") { (column, cell) ->
            if (column == 0) cell.padEnd(widths[column]) else cell.padStart(widths[column])
        }.trimEnd()
    }
}
