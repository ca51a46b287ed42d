package dev.leasehold.memory.crash

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.support.Killed
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.SteppedWords
import java.lang.foreign.MemorySegment
import java.nio.file.Path

/** Runs [action] as a process that dies before the store number [left] into the file; whether it came to its end. */
internal fun dying(
    path: Path,
    left: Int,
    words: (MemorySegment) -> FileWords = { SteppedWords(it, left) },
    action: (MappedMemoryManager) -> Unit,
): Boolean {
    var manager: MappedMemoryManager? = null
    try {
        manager = MappedFiles.open(path) { file -> words(file.bytes) }
        action(manager)
        return true
    } catch (_: Killed) {
        return false
    } finally {
        manager?.let { MappedFiles.kill(it.session) }
    }
}
