package dev.leasehold.samples.catalogue

import dev.leasehold.memory.mapped.MappedReport
import java.nio.file.Path
import java.util.Locale

/** All that the program says in words and figures. */
internal object Report {
    private const val ROW = "  %4s  %5s  %8s  %14s  %-22s  %14s"

    /** What will be done, and what the columns are. */
    fun head(path: Path, kills: Int, found: Long): String = buildString {
        appendLine("${Shop.CLERKS} clerks change the catalogue $path, each in a process of its own.")
        appendLine("This process reads it, and kills one of them, $kills times.")
        if (found > 0) appendLine("${count(found)} books of former runs are there.")
        appendLine()
        append(line("kill", "clerk", "process", "acknowledged", "in the file", "read here"))
    }

    /** What was found after one kill. */
    fun kill(number: Int, kill: Kill, read: Long): String {
        val inFile = when {
            kill.lost.isNotEmpty() -> "${count(kill.lost.size.toLong())} differences"
            kill.oneMore -> "all, and one more"
            else -> "all"
        }
        return line("$number", "${kill.clerk}", "${kill.process}", count(kill.acknowledged), inFile, count(read))
    }

    /** All kills in a sentence. */
    fun killed(kills: List<Kill>): String = "\n  ${count(kills.size.toLong())} processes were killed, " +
        "${count(kills.count(Kill::oneMore).toLong())} of them between a change and its acknowledgement."

    /** What the clerks have done. */
    fun end(shop: Shop, lost: Int): String = buildString {
        val loss = if (lost == 0) "none is lost" else "some are lost"
        appendLine("  ${count(shop.changes)} changes were acknowledged, and $loss.")
        appendLine("  ${count(shop.reader.found)} books were read meanwhile, each of them whole.")
        append("  ${count(shop.size)} books are in the catalogue.")
    }

    /** What is left in the file when all have gone. */
    fun verified(report: MappedReport): String {
        val faults = if (report.isClean) "no fault" else report.faults.joinToString("\n  ", "faults:\n  ")
        return "  ${count(report.blocks)} blocks are in it, ${count(report.roots.toLong())} roots, " +
            "${count(report.sessions.toLong())} sessions, $faults.\n"
    }

    private fun count(number: Long) = "%,d".format(Locale.ROOT, number)

    private fun line(vararg cells: String): String = ROW.format(Locale.ROOT, *cells).trimEnd()
}
