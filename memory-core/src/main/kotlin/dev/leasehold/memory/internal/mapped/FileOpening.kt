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
 * Makes and opens files. One session at a time is made in a file: so none sees another's half, and the one that is the
 * first after a start of the system can look at the whole file before others change it.
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
        closedOnFailure(platform.openFile(path, MappedFile.Mode.CREATE)) { file ->
            // Another may have found it, and made the rest.
            if (file.length > 0) throw FileAlreadyExistsException("$path")
            try {
                make(file, maxSpans, maxSessions, spans)
            } catch (failure: Throwable) {
                Files.deleteIfExists(path)
                throw failure
            }
        }
    }

    private fun make(file: MappedFile, maxSpans: Long, maxSessions: Int, spans: Long): FileSession {
        val header = FileHeader(maxSpans, maxSessions, Random.nextLong())
        // What another left that died while it made the file.
        file.resize(0)
        file.allocate(0, FileHeader.BYTES)
        return mapped(file, header) { sessions ->
            // The first of all: a file whose making ends here differs from what was never this library's.
            FileHeader.begin(sessions.words)
            allocateTables(file, header.layout)
            putBootId(sessions.words)
            if (!sessions.register()) error("a new file has no session")
            val runs = Runs(sessions, 0)
            if (spans > 0 && !runs.grow(spans)) throw runs.refused ?: IOException("no space left on the disk")
            // The last of all: without it there is no file.
            header.write(sessions.words)
        }
    }

    private fun allocateTables(file: MappedFile, layout: FileLayout) {
        file.allocate(FileHeader.BYTES, layout.lanes - FileHeader.BYTES)
        file.allocate(layout.roots, FileLayout.ROOTS * FileLayout.ROOT_BYTES)
        // Sets the length. What is between is allocated when it is used.
        file.allocate(layout.firstSpan - FileLayout.PAGE, FileLayout.PAGE)
    }

    /** Opens the file. */
    fun open(): FileSession = accessing("opened") {
        closedOnFailure(platform.openFile(path, MappedFile.Mode.OPEN)) { file -> open(file, readHeader()) }
    }

    /** [open], or [create] where there is no file, or one whose making was not finished. */
    fun openOrCreate(maxSpans: Long, maxSessions: Int, spans: Long): FileSession {
        while (true) {
            try {
                if (!Files.exists(path)) return create(maxSpans, maxSessions, spans)
                return openOrMake(maxSpans, maxSessions, spans)
            } catch (failure: MappedFileAccessException) {
                // Another has made it meanwhile, or deleted it.
                val again = failure.cause is FileAlreadyExistsException || failure.cause is NoSuchFileException
                if (!again) throw failure
            }
        }
    }

    private fun openOrMake(maxSpans: Long, maxSessions: Int, spans: Long): FileSession = accessing("opened") {
        closedOnFailure(platform.openFile(path, MappedFile.Mode.OPEN)) { file ->
            val isUnfinished = FileHeader.isUnfinished(firstBytes(), file.length)
            if (isUnfinished) make(file, maxSpans, maxSessions, spans) else open(file, readHeader())
        }
    }

    private fun closedOnFailure(file: MappedFile, action: (MappedFile) -> FileSession): FileSession = try {
        whileAlone(file) { action(file) }
    } catch (failure: Throwable) {
        file.close()
        throw failure
    }

    /** Runs [action] with the file, of which nothing can be changed: no session is entered. */
    fun <R> reading(action: (Sessions) -> R): R = accessing("read") {
        platform.openFile(path, MappedFile.Mode.READ_ONLY).use { file ->
            val session = mappedToRead(file)
            try {
                session.guarded { action(session.sessions) }
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
    // others. What the file itself says is looked at.
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
            "all $limit sessions of the file $path are open, in the processes ${processes.joinToString()}: " +
                "close one, or make a file with a larger maxSessions",
            path,
            limit,
        )
    }

    private fun readHeader(): FileHeader = FileHeader.read(path, firstBytes())

    private fun firstBytes(): MemorySegment =
        MemorySegment.ofArray(Files.newInputStream(path).use { it.readNBytes(FileHeader.BYTES.toInt()) })

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
