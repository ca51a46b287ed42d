@file:JvmName("BusyNeighbours")

package dev.leasehold.benchmarks

import kotlin.concurrent.thread

/**
 * Keeps as many threads busy as its argument says, until its input ends: so it dies with the process that started it,
 * however that ends. It writes a line when all of them are at work.
 */
public fun main(vararg arguments: String) {
    val threads = arguments.single().toInt()
    repeat(threads) {
        val _ = thread(isDaemon = true) { while (true) Thread.onSpinWait() }
    }
    println(AT_WORK)
    while (System.`in`.read() >= 0) {
        // Nothing is sent: only the end counts.
    }
}

/** [threads] busy threads in a process of their own, until they are closed. */
internal class BusyProcess(threads: Int) : AutoCloseable {
    private val process = childJvm(OPTIONS, "dev.leasehold.benchmarks.BusyNeighbours", "$threads")
        .redirectErrorStream(true)
        .start()

    /** To look at it from outside. */
    val handle: ProcessHandle get() = process.toHandle()

    init {
        val answer = process.inputReader().readLine()
        if (answer != AT_WORK) {
            close()
            error("the busy neighbours did not start: $answer")
        }
    }

    /** Lets it end by itself, as it does when this process is gone. */
    fun endInput(): Unit = process.outputStream.close()

    override fun close() {
        val _ = process.destroyForcibly().waitFor()
    }

    private companion object {
        val OPTIONS = listOf("-Xmx32m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
    }
}

internal const val AT_WORK = "at work"
