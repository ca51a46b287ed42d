package dev.leasehold.samples.strings

import dev.leasehold.memory.permanent.MemoryRegion
import dev.leasehold.memory.permanent.ProcessMemory
import java.nio.file.Path

/** A guest of this process, which looks for the words of [text]. */
internal class GuestProcess(text: Text) : AutoCloseable {
    private val process = ProcessBuilder(
        listOf(Path.of(System.getProperty("java.home"), "bin", "java").toString()) + OPTIONS +
            listOf("-cp", System.getProperty("java.class.path"), "dev.leasehold.samples.strings.GuestKt") +
            listOf("${ProcessHandle.current().pid()}", text.name),
    ).redirectError(ProcessBuilder.Redirect.INHERIT).start()

    /** What it has found; waits until it has. */
    val visit: Visit by lazy {
        val line = process.inputReader(Charsets.UTF_8).readLine()
        Visit.of(checkNotNull(line) { "the guest in process ${process.pid()} has ended by itself" })
    }

    /** What is mapped in it, read from here. */
    fun regions(): List<MemoryRegion> = ProcessMemory.open(process.pid()).use(ProcessMemory::regions)

    /** Lets it go. */
    override fun close() {
        process.outputStream.close()
        val _ = process.waitFor()
    }

    private companion object {
        val OPTIONS = listOf("--enable-native-access=ALL-UNNAMED", "-Xmx64m", "-XX:+UseSerialGC", "-Xshare:auto")
    }
}
