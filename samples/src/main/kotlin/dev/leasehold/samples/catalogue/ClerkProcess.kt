package dev.leasehold.samples.catalogue

import java.io.DataInputStream
import java.io.EOFException
import java.nio.file.Path
import kotlin.concurrent.thread

/** A clerk in a process of its own, which has the file [path] open and waits until it is to [begin]. */
internal class ClerkProcess(path: Path) : AutoCloseable {
    private val process = ProcessBuilder(
        listOf(Path.of(System.getProperty("java.home"), "bin", "java").toString()) + OPTIONS +
            listOf("-cp", System.getProperty("java.class.path"), "dev.leasehold.samples.catalogue.ClerkKt", "$path"),
    ).redirectError(ProcessBuilder.Redirect.INHERIT).start()

    /** The number of the process. */
    val id: Long get() = process.pid()

    /** Whether it has not ended. */
    val isAlive: Boolean get() = process.isAlive

    /** The last change that the clerk says it has made. */
    @Volatile
    var acknowledged: Long = 0
        private set

    private val listener = thread(isDaemon = true, name = "clerk ${process.pid()}") { listen() }

    private fun listen() {
        val input = DataInputStream(process.inputStream.buffered())
        try {
            while (true) acknowledged = input.readLong()
        } catch (_: EOFException) {
            // The process has ended, and all that it had said is here.
        }
    }

    /** Has it go on as [clerk], after the change [made]. */
    fun begin(clerk: Int, made: Long) {
        acknowledged = made
        process.outputWriter().apply {
            write("$clerk $made\n")
            flush()
        }
    }

    /** Kills it, wherever it is (on Linux by SIGKILL), and returns the last change that it said it had made. */
    fun kill(): Long {
        check(process.toHandle().destroyForcibly()) { "the process $id cannot be killed" }
        val _ = process.waitFor()
        listener.join()
        return acknowledged
    }

    /** Lets it finish its change and close the file, and returns the last change that it has made. */
    fun stop(): Long {
        process.outputStream.close()
        check(process.waitFor() == 0) { "the clerk in process $id ended with ${process.exitValue()}" }
        listener.join()
        return acknowledged
    }

    /** Ends it in any case. */
    override fun close() {
        if (process.isAlive) {
            val _ = kill()
        }
    }

    private companion object {
        val OPTIONS = listOf("--enable-native-access=ALL-UNNAMED", "-Xmx64m", "-XX:+UseSerialGC", "-Xshare:auto")
    }
}
