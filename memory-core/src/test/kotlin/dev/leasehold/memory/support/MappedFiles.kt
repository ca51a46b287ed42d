package dev.leasehold.memory.support

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.internal.mapped.FileOpening
import dev.leasehold.memory.internal.mapped.FileSession
import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.mapped.RedoLog
import dev.leasehold.memory.internal.mapped.Verification
import dev.leasehold.memory.internal.platform.MappedFile
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedOptions
import java.nio.file.Files
import java.nio.file.Path

/** A folder for files of one test, which goes with them. */
internal class MappedFiles : AutoCloseable {
    private val folder: Path = Files.createTempDirectory("mapped")

    fun path(name: String): Path = folder.resolve(name)

    override fun close() {
        check(folder.toFile().deleteRecursively()) { "$folder stays" }
    }

    companion object {
        /** Runs [action] with a path where no file is. */
        fun <R> withPath(action: (Path) -> R): R = MappedFiles().use { action(it.path("file")) }

        /** Opens the file [path], or makes a small one, with the words that [wordsOf] gives. */
        fun open(
            path: Path,
            configure: MappedOptions.() -> Unit = {},
            newLog: (FileWords, Long) -> RedoLog = ::RedoLog,
            wordsOf: (MappedFile) -> FileWords = { FileWords(it.bytes) },
        ): MappedMemoryManager {
            val options = MappedOptions().apply {
                size = 64.KiB
                growth = 256.KiB
                maxSize = 64.MiB
                maxSessions = 4
                configure()
            }
            return MappedMemoryManager.make(
                path,
                options,
                { openOrCreate(it.form) },
                FileOpening(path, Platform.current, wordsOf, newLog),
            )
        }

        /** Lets the file go as the system does when a process is killed: nothing is put in order. */
        fun kill(session: FileSession) {
            session.detach {}
            session.unmap()
        }

        /** All that contradicts itself in the file of [session]. */
        fun faults(session: FileSession): List<String> =
            Verification(session.words, session.layout).run().map { "${it.offset}: ${it.what}" }
    }
}
