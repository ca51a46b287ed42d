package dev.leasehold.memory.support

import java.nio.file.Files
import java.nio.file.Path

/** A file system of its own that can be filled, or made read-only; for who may mount one. */
internal class SmallFileSystem private constructor(val folder: Path) : AutoCloseable {
    fun makeReadOnly(): Unit = check(run("mount", "-o", "remount,ro", "$folder")) { "$folder stays writable" }

    override fun close() {
        check(run("umount", "$folder")) { "$folder stays mounted" }
        Files.delete(folder)
    }

    companion object {
        /** Whether this process may mount one. */
        val canMount: Boolean by lazy { mountOrNull(1 shl 20)?.also(SmallFileSystem::close) != null }

        /** One of [bytes] bytes. */
        fun mount(bytes: Int): SmallFileSystem = checkNotNull(mountOrNull(bytes)) { "no file system can be mounted" }

        private fun mountOrNull(bytes: Int): SmallFileSystem? {
            val folder = Files.createTempDirectory("small")
            if (run("mount", "-t", "tmpfs", "-o", "size=$bytes", "tmpfs", "$folder")) return SmallFileSystem(folder)
            Files.delete(folder)
            return null
        }

        private fun run(vararg command: String) = runCatching {
            val process = ProcessBuilder(*command).redirectErrorStream(true).start()
            process.inputReader().readText()
            process.waitFor() == 0
        }.getOrDefault(false)
    }
}
