package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import java.io.FileDescriptor
import java.io.FileOutputStream
import java.io.IOException
import java.io.PrintStream
import kotlin.system.exitProcess

/** Runs the service, its clients and the comparison; see [Arguments.USAGE]. */
public fun main(words: Array<String>) {
    // Names are UTF-8, whatever the terminal's locale says.
    val out = PrintStream(FileOutputStream(FileDescriptor.out), true, Charsets.UTF_8)
    val err = PrintStream(FileOutputStream(FileDescriptor.err), true, Charsets.UTF_8)
    exitProcess(run(words.toList(), out, err))
}

/** The program without its process: answers the exit code, 0 for good, 1 for a failure, 2 for a wrong command line. */
internal fun run(words: List<String>, out: PrintStream, err: PrintStream): Int = try {
    val arguments = Arguments.parse(words)
    when {
        arguments.help -> 0.also { out.println(Arguments.USAGE) }
        arguments.write != null -> write(arguments, out)
        arguments.isSweep -> Sweep(arguments, out, err).run()
        else -> Comparison(arguments, out, err).run()
    }
} catch (usage: UsageException) {
    err.println("${usage.message}\n\n${Arguments.USAGE}")
    2
} catch (handles: FileHandlesException) {
    err.println(handles.message)
    1
} catch (failure: IOException) {
    err.println("The run failed: $failure")
    1
}

private fun write(arguments: Arguments, out: PrintStream): Int = MemoryPool.isolated("generator").use { pool ->
    val workload = Workloads.of(arguments.copy(clients = 1), pool)
    Workloads.write(workload, checkNotNull(arguments.write), pool)
    out.println("Wrote ${workload.rows} rows (${workload.description}) to ${arguments.write}")
    0
}
