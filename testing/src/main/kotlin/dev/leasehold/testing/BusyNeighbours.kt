package dev.leasehold.testing

import java.io.OutputStream
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/**
 * Another process that keeps every processor busy with twice as many threads as there are, until it is closed: threads
 * of this one are then descheduled at whatever step they are, for as long as a turn of the system takes.
 *
 * The process ends as soon as nobody holds the other end of its standard input any more. So none is left behind,
 * however this virtual machine ends.
 */
public class BusyNeighbours private constructor(private val process: Process) : AutoCloseable {
    /** How long its threads have run, in nanoseconds, all together. */
    public val burnt: Long get() = process.info().totalCpuDuration().map { it.toNanos() }.orElse(0)

    /** Whether the process is still there. */
    public val isThere: Boolean get() = process.isAlive

    /** The id of the process. */
    public val id: Long get() = process.pid()

    /** Ends the process, and waits until the processors are free. */
    override fun close() {
        process.outputStream.close()
        if (process.waitFor(5, TimeUnit.MINUTES)) return
        process.destroyForcibly().waitFor()
        error("the busy neighbours did not end when their input did")
    }

    /** Starts such processes. */
    public companion object {
        /** Starts one, and returns when all its threads run. */
        public fun start(): BusyNeighbours {
            val java = "${Path.of(System.getProperty("java.home"), "bin", "java")}"
            val command = listOf(java) + OPTIONS + listOf("-cp", classPath(), BusyNeighboursMain::class.java.name)
            val process = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
            val word = process.inputReader().readLine()
            check(word == BusyNeighboursMain.READY) { "the busy neighbours said: $word" }
            return BusyNeighbours(process)
        }

        private fun classPath() =
            System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")

        private val OPTIONS = listOf("-Xmx32m", "-XX:+UseSerialGC")
    }
}

/** The process: what it computes it throws away. */
internal object BusyNeighboursMain {
    const val READY = "ready"

    @JvmStatic
    fun main(args: Array<String>) {
        repeat(2 * Runtime.getRuntime().availableProcessors()) { number ->
            val _ = Thread.ofPlatform().daemon().start { burn(number.toLong()) }
        }
        println(READY)
        val _ = System.`in`.transferTo(OutputStream.nullOutputStream())
        // Not by a return, which would wait for its turn among the busy to shut down in order.
        Runtime.getRuntime().halt(0)
    }

    private fun burn(seed: Long): Nothing {
        var number = seed
        while (true) number = number * 6364136223846793005 + 1442695040888963407
    }
}
