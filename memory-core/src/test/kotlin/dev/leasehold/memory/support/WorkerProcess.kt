package dev.leasehold.memory.support

import java.io.IOException
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

/** A process that obeys lines and answers with lines. What else it prints is a fault. */
internal class WorkerProcess(private val process: Process) {
    private val lines = LinkedBlockingQueue<String>()
    private val input = process.outputWriter()

    init {
        Thread.ofPlatform().daemon().name("reader of ${process.pid()}").start {
            process.inputReader().forEachLine(lines::add)
            lines.add(END)
        }
    }

    /** Sends [line]; a process that has died is found when its answer is missing. */
    fun send(line: String) {
        try {
            input.write("$line\n")
            input.flush()
        } catch (_: IOException) {
            // Its last words say more.
        }
    }

    /** Waits for the line [answer]; returns what went wrong. */
    fun await(answer: String): List<String> {
        val others = ArrayList<String>()
        while (true) {
            when (val line = lines.poll(SECONDS, TimeUnit.SECONDS)) {
                answer -> return others
                END -> return others + "the process ended with ${process.waitFor()} and did not say '$answer'"
                null -> return others + "no '$answer' in $SECONDS seconds:" + stacks()
                else -> others.add(line)
            }
        }
    }

    private fun stacks(): List<String> {
        ProcessBuilder("kill", "-QUIT", "${process.pid()}").start().waitFor()
        process.destroyForcibly()
        return generateSequence { lines.poll(SECONDS, TimeUnit.SECONDS)?.takeIf { it != END } }.toList()
    }

    /** Kills it, and waits for its end; returns what went wrong before, of which the line [known] is nothing. */
    fun kill(known: String? = null): List<String> {
        process.destroyForcibly()
        val code = process.waitFor()
        val rest = generateSequence { lines.take().takeIf { it != END } }.filter { it != known }.toList()
        return if (code == KILLED) rest else rest + "the process had ended with $code"
    }

    /** Waits for its end; returns what went wrong. */
    fun awaitEnd(): List<String> {
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) return listOf("it did not end:") + stacks()
        return if (process.exitValue() == 0) emptyList() else listOf("the process ended with ${process.exitValue()}")
    }

    private companion object {
        const val END = "(end of output)"
        const val SECONDS = 60L

        // 128 and the number of the signal.
        const val KILLED = 137
    }
}
