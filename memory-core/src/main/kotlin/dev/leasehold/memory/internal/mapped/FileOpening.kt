package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.MappedFileAccessException
import dev.leasehold.memory.MappedFileDamagedException
import dev.leasehold.memory.MappedFileSessionsException
import dev.leasehold.memory.MappedFileTruncatedException
import dev.leasehold.memory.internal.platform.MappedFile
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.awaitWhile
import java.io.IOException
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.file.FileAlreadyExistsException
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.Path
import java.util.UUID
import kotlin.random.Random

/**
 * Makes and opens files. One session at a time is made in a file: so none sees another's half, and whoever is the first
 * after a start of the system can look at the whole file before others change it.
 *
 * @param wordsOf the words of a file that is mapped, and [newLog] the log of a session; tests give others
 */
internal class FileOpening(
    private val path: Path,
    private val platform: Platform = Platform.current,
    private val wordsOf: (MappedFile) -> FileWords = { FileWords(it.bytes) },
    private val newLog: (FileWords, Long) -> RedoLog = ::RedoLog,
) {
    /** Makes a file that can have [maxSpans] spans and has [spans], and opens it. */
    fun create(maxSpans: Long, maxSessions: Int, spans: Long): FileSession = accessing("made") {
        val file = platform.openFile(path, MappedFile.Mode.CREATE)
        try {
            val header = FileHeader(maxSpans, maxSessions, Random.nextLong())
            whileAlone(file) { make(file, header, spans) }
        } catch (failure: Throwable) {
            file.close()
            Files.deleteIfExists(path)
            throw failure
        }
    }

    private fun make(file: MappedFile, header: FileHeader, spans: Long): FileSession {
        val layout = header.layout
        file.resize(layout.firstSpan)
        file.allocate(0, layout.lanes)
        file.allocate(layout.roots, FileLayout.ROOTS * FileLayout.ROOT_BYTES)
        return mapped(file, header) { sessions ->
            putBootId(sessions.words)
            if (!sessions.register()) error("a new file has no session")
            if (spans > 0 && !Runs(sessions, 0).grow(spans)) {
                throw Runs(sessions, 0).refused ?: IOException("no space left on the disk")
            }
            // The last of all: without it there is no file.
            header.write(sessions.words)
        }
    }

    /** Opens the file. */
    fun open(): FileSession = accessing("opened") {
        val file = platform.openFile(path, MappedFile.Mode.OPEN)
        try {
            whileAlone(file) { open(file, readHeader()) }
        } catch (failure: Throwable) {
            file.close()
            throw failure
        }
    }

    /** [open], or [create] where there is no file, or one whose making was not finished. */
    fun openOrCreate(maxSpans: Long, maxSessions: Int, spans: Long): FileSession {
        while (true) {
            try {
                if (!Files.exists(path)) return create(maxSpans, maxSessions, spans)
                return open()
            } catch (failure: MappedFileAccessException) {
                // Another has made it meanwhile, or deleted it.
                val again = failure.cause is FileAlreadyExistsException || failure.cause is NoSuchFileException
                if (!again) throw failure
            }
        }
    }

    /** Runs [action] with the file, of which nothing can be changed: no session is entered. */
    fun <R> reading(action: (Sessions) -> R): R = accessing("read") {
        platform.openFile(path, MappedFile.Mode.READ_ONLY).use { file ->
            val session = mappedToRead(file)
            try {
                action(session.sessions)
            } finally {
                session.closeArena()
            }
        }
    }

    /** Opens the file to read only. */
    fun openReadOnly(): FileSession = accessing("read") {
        val file = platform.openFile(path, MappedFile.Mode.READ_ONLY)
        try {
            mappedToRead(file).also { it.sessions.checks.requireSpans() }
        } catch (failure: Throwable) {
            file.close()
            throw failure
        }
    }

    private fun mappedToRead(file: MappedFile): FileSession {
        val header = readHeader()
        // Of a file that is shorter less is mapped where the system maps no more than there is.
        if (file.length < header.layout.firstSpan) {
            throw MappedFileTruncatedException(path, header.layout.firstSpan, file.length)
        }
        return mapped(file, header) { FileHeader.requireLength(path, it.words, header.layout, file.length) }
    }

    private fun open(file: MappedFile, header: FileHeader): FileSession = mapped(file, header) { sessions ->
        FileHeader.requireLength(path, sessions.words, header.layout, file.length)
        val isNewStart = !isOfThisStart(sessions.words)
        if (isNewStart) verify(sessions)
        sessions.checks.requireSpans()
        val _ = sessions.most
        if (!sessions.register()) throw tooManySessions(sessions)
        if (isNewStart) putBootId(sessions.words)
    }

    // The last start of the system ended without this file being closed, so the disk may have some of its words and not
    // others. What can be told from the file itself is looked at.
    private fun verify(sessions: Sessions) {
        val faults = Verification(sessions.words, sessions.layout).run()
        val first = faults.firstOrNull() ?: return
        throw MappedFileDamagedException(
            "the file $path is damaged at ${first.offset}: ${first.what}; ${faults.size} faults in all, see " +
                "MappedMemory.verify",
            path,
            first.offset,
        )
    }

    private fun mapped(file: MappedFile, header: FileHeader, enter: (Sessions) -> Unit): FileSession {
        val arena = Arena.ofShared()
        try {
            file.map(header.layout.maxBytes, arena)
            if (!platform.bindsViews) platform.adopt(file.bytes)
            val sessions = Sessions(file, header.layout, wordsOf(file))
            enter(sessions)
            return FileSession(sessions, arena, header.id, newLog)
        } catch (failure: Throwable) {
            arena.close()
            throw failure
        }
    }

    private fun tooManySessions(sessions: Sessions): MappedFileSessionsException {
        val limit = sessions.layout.maxSessions
        val processes = (1..sessions.most).filter(sessions::isActive).map(sessions::processOf).distinct()
        return MappedFileSessionsException(
            "all $limit sessions of the file $path are open, in the processes ${processes.joinToString()}: close one, " +
                "or make a file with a larger maxSessions",
            path,
            limit,
        )
    }

    private fun readHeader(): FileHeader {
        val bytes = Files.newInputStream(path).use { it.readNBytes((2 * FileLayout.HEADER_B).toInt()) }
        return FileHeader.read(path, MemorySegment.ofArray(bytes))
    }

    private fun <R> whileAlone(file: MappedFile, action: () -> R): R {
        awaitWhile { !file.tryLock(FileLayout.CREATION_BYTE) }
        try {
            return action()
        } finally {
            file.unlock(FileLayout.CREATION_BYTE)
        }
    }

    private fun isOfThisStart(words: FileWords): Boolean {
        val now = platform.bootId ?: return true
        return UUID(words.get(FileLayout.BOOT_ID), words.get(FileLayout.BOOT_ID + Long.SIZE_BYTES)) == now
    }

    private fun putBootId(words: FileWords) {
        val now = platform.bootId ?: return
        words.set(FileLayout.BOOT_ID, now.mostSignificantBits)
        words.set(FileLayout.BOOT_ID + Long.SIZE_BYTES, now.leastSignificantBits)
    }

    private inline fun <R> accessing(verb: String, action: () -> R): R = try {
        action()
    } catch (failure: IOException) {
        val why = when (failure) {
            is NoSuchFileException -> "there is none"
            is FileAlreadyExistsException -> "it is there already"
            else -> (failure as? java.nio.file.FileSystemException)?.reason ?: failure.message
        }
        throw MappedFileAccessException("the file $path cannot be $verb: $why", path, failure)
    }
}
