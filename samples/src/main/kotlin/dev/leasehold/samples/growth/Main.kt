package dev.leasehold.samples.growth

import java.io.FileDescriptor
import java.io.FileOutputStream
import java.io.PrintStream
import kotlin.system.exitProcess

/** Grows a buffer to a gigabyte in two ways; see [Arguments.USAGE]. */
public fun main(words: Array<String>) {
    // The picture is made of characters that are not in every terminal's own set.
    val out = PrintStream(FileOutputStream(FileDescriptor.out), true, Charsets.UTF_8)
    val err = PrintStream(FileOutputStream(FileDescriptor.err), true, Charsets.UTF_8)
    exitProcess(run(words.toList(), out, err))
}

/** The program without its process: answers the exit code, 0 for good, 1 for a failure, 2 for a wrong command line. */
internal fun run(words: List<String>, out: PrintStream, err: PrintStream, machine: Machine = Machine.here()): Int =
    try {
        val arguments = Arguments.parse(words)
        if (arguments.help) 0.also { out.println(Arguments.USAGE) } else Comparison(arguments, machine, out, err).run()
    } catch (usage: UsageException) {
        err.println("${usage.message}\n\n${Arguments.USAGE}")
        2
    }
