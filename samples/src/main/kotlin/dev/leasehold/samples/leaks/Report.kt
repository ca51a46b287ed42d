package dev.leasehold.samples.leaks

import dev.leasehold.memory.diagnostics.MemorySnapshot
import java.io.PrintStream
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger

/** What the program says of one leak: a symptom, what the tools say, and the line. */
internal class Report(private val name: String, private val title: String, private val out: PrintStream) {
    private val logged = ConcurrentLinkedQueue<String>()

    /** Whether anything was said. */
    var hasBegun: Boolean = false
        private set

    /** Whether a line was named. */
    var isFound: Boolean = false
        private set

    /** What is to be seen, and what a snapshot says of the pool or manager called [owner]. */
    fun symptom(text: String, owner: String) {
        val table = MemorySnapshot.take().toTree().lines()
        val head = table.first().substringBefore("limit").trimEnd()
        val row = table.first { it.contains(Regex("(pool|manager) $owner ")) }
        say("symptom", text, head, row.take(head.length))
    }

    /** What [tool] says. */
    fun tool(tool: String, message: String): Unit = say("tool", "$tool:", *message.lines().toTypedArray())

    /** The line of the program, at the top of [calls]. */
    fun line(calls: List<StackTraceElement>) {
        isFound = true
        say("line", "${calls.first()}")
    }

    /** What the library has logged. */
    fun log() {
        while (true) tool("the log", logged.poll() ?: return)
    }

    /** Runs [action], and reads what the library logs meanwhile. */
    fun readLog(action: () -> Unit) {
        val log = Logger.getLogger("dev.leasehold.memory")
        val reader = object : Handler() {
            override fun publish(record: LogRecord) {
                logged.add(record.message)
            }

            override fun flush(): Unit = Unit

            override fun close(): Unit = Unit
        }
        val before = log.useParentHandlers
        log.addHandler(reader)
        log.useParentHandlers = false
        try {
            action()
        } finally {
            log.removeHandler(reader)
            log.useParentHandlers = before
        }
        log()
        if (hasBegun) out.println()
    }

    private fun say(label: String, vararg lines: String) {
        if (!hasBegun) out.println("$title (leaks $name)")
        hasBegun = true
        val first = "  %-9s".format(label)
        for ((index, line) in lines.flatMap { wrapped(it) }.withIndex()) {
            out.println((if (index == 0) first else " ".repeat(first.length)) + line)
        }
    }

    /** [line] in lines of [WIDTH] characters at most, broken at blanks; a table's stays whole. */
    private fun wrapped(line: String): List<String> {
        if (line.length <= WIDTH) return listOf(line.trimEnd())
        val end = line.lastIndexOf(' ', WIDTH)
        if (line.take(maxOf(end, 0)).isBlank()) return listOf(line)
        return listOf(line.take(end)) + wrapped("  " + line.drop(end + 1))
    }

    private companion object {
        const val WIDTH = 108
    }
}
