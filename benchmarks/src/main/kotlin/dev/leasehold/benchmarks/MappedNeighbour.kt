@file:JvmName("MappedNeighbour")

package dev.leasehold.benchmarks

import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedMemoryManager
import java.nio.file.Path
import kotlin.concurrent.thread

/**
 * Another process with the file of the first argument open, that allocates, writes and frees blocks as large as the
 * second says until its input ends. With a third argument it allocates so many first and keeps them. It writes a line
 * when it is at work.
 */
public fun main(vararg arguments: String) {
    val (path, size) = Path.of(arguments[0]) to arguments[1].toLong()
    val kept = arguments.getOrNull(2)?.toInt() ?: 0
    MappedMemoryManager.open(path) {}.use { manager ->
        val blocks = List(kept) { manager.allocate(size) }
        var isOver = false
        val worker = thread {
            var value = 0
            while (!isOver) manager.allocate(size).use { it.writeAndRead(value++) }
        }
        println(AT_WORK)
        while (System.`in`.read() >= 0) {
            // Nothing is sent: only the end counts.
        }
        isOver = true
        worker.join()
        blocks.forEach { it.close() }
    }
}

/** Such a process, until it is closed: by killing it. */
internal class MappedNeighbourProcess(path: Path, size: Long, kept: Int = 0) : AutoCloseable {
    private val process =
        childJvm(OPTIONS, "dev.leasehold.benchmarks.MappedNeighbour", "$path", "$size", "$kept").start()

    init {
        val answer = process.inputReader().readLine()
        if (answer != AT_WORK) {
            close()
            error("the neighbour in the file did not start: $answer")
        }
    }

    override fun close() {
        val _ = process.destroyForcibly().waitFor()
    }

    /** Lets it close the file and end. */
    fun finish() {
        process.outputStream.close()
        check(process.waitFor() == 0) { "the neighbour in the file ended with ${process.exitValue()}" }
    }

    private companion object {
        val OPTIONS = listOf("-Xmx256m", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED")
    }
}
