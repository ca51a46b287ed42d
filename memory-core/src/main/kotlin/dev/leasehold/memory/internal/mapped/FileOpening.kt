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
import java.nio.ByteBuffer
import java.nio.ByteOrder.LITTLE_ENDIAN
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
    /** What a file that is made can have and promises, and how many spans it has at first. */
    class Form(val maxSpans: Long, val maxSessions: Int, val spans: Long, val growth: Long, val durability: Int)

    /** Makes a file of the [form], and opens it. */
    fun create(form: Form): FileSession = accessing("made") {
        closedOnFailure(platform.openFile(path, MappedFile.Mode.CREATE)) { file ->
            // Another may have found it, and made the rest.
            if (file.length > 0) throw FileAlreadyExistsException("$path")
            try {
                make(file, form)
            } catch (failure: Throwable) {
                Files.deleteIfExists(path)
                throw failure
            }
        }
    }

    private fun make(file: MappedFile, form: Form): FileSession {
        val header = FileHeader(form.maxSpans, form.maxSessions, Random.nextLong(), form.durability)
        // What another left that died while it made the file.
        file.resize(0)
        file.allocate(0, FileHeader.BYTES)
        return mapped(file, header, form.growth) { sessions ->
            // The first of all: a file whose making ends here differs from what was never this library's.
            FileHeader.begin(sessions.words)
            allocateTables(file, header)
            putBootId(sessions.words)
            if (!sessions.register()) error("a new file has no session")
            val runs = Runs(sessions, 0)
            if (form.spans > 0 && !runs.grow(form.spans)) throw runs.refused ?: IOException("no space left on the disk")
            if (form.durability ==
                FileLayout.Durability.COMMIT
            ) {
                return@mapped beginCommits(sessions, header, form.growth)
            }
            // The last of all: without it there is no file.
            header.write(sessions.words)
        }
    }

    private fun beginCommits(sessions: Sessions, header: FileHeader, growth: Long) {
        val committed = Journal(sessions, growth).makeFirst()
        sessions.file.force(sessions.layout.spanAt(sessions.words.get(FileLayout.SPANS)))
        FileHeader(header.maxSpans, header.maxSessions, header.id, header.durability, committed).write(sessions.words)
        sessions.file.force(FileHeader.BYTES)
    }

    private fun allocateTables(file: MappedFile, header: FileHeader) {
        val layout = header.layout
        file.allocate(FileHeader.BYTES, layout.lanes - FileHeader.BYTES)
        if (header.durability == FileLayout.Durability.COMMIT) file.allocate(layout.undo, 2 * FileLayout.UNDO)
        file.allocate(layout.roots, FileLayout.ROOTS * FileLayout.ROOT_BYTES)
        // Sets the length. What is between is allocated when it is used.
        file.allocate(layout.firstSpan - FileLayout.PAGE, FileLayout.PAGE)
    }

    /** Opens the file, which becomes longer by [growth] bytes for its journal, if it has one. */
    fun open(growth: Long): FileSession = accessing("opened") {
        closedOnFailure(platform.openFile(path, MappedFile.Mode.OPEN)) { file -> open(file, readHeader(), growth) }
    }

    /** [open], or [create] where there is no file, or one whose making was not finished. */
    fun openOrCreate(form: Form): FileSession {
        while (true) {
            try {
                return if (Files.exists(path)) openOrMake(form) else create(form)
            } catch (failure: MappedFileAccessException) {
                // Another has made it meanwhile, or deleted it.
                val again = failure.cause is FileAlreadyExistsException || failure.cause is NoSuchFileException
                if (!again) throw failure
            }
        }
    }

    private fun openOrMake(form: Form): FileSession = accessing("opened") {
        closedOnFailure(platform.openFile(path, MappedFile.Mode.OPEN)) { file ->
            val isUnfinished = FileHeader.isUnfinished(firstBytes(), file.length)
            if (isUnfinished) make(file, form) else open(file, readHeader(), form.growth)
        }
    }

    private fun closedOnFailure(file: MappedFile, action: (MappedFile) -> FileSession): FileSession = try {
        whileAlone(file) { action(file) }
    } catch (failure: Throwable) {
        file.close()
        throw failure
    }

    /**
     * Runs [action] with the file, of which nothing can be changed: no session is entered. The second says whether its
     * words are those of the time before a start of the system, and count no more, but for its journal.
     */
    fun <R> reading(action: (Sessions, FileHeader, Boolean) -> R): R = accessing("read") {
        platform.openFile(path, MappedFile.Mode.READ_ONLY).use { file ->
            val header = readHeader()
            val session = mappedToRead(file, header)
            try {
                session.guarded { action(session.sessions, header, isUnbuilt(session.sessions, header)) }
            } finally {
                session.closeArena()
            }
        }
    }

    /** Opens the file to read only. */
    fun openReadOnly(): FileSession = accessing("read") {
        val file = platform.openFile(path, MappedFile.Mode.READ_ONLY)
        try {
            val header = readHeader()
            mappedToRead(file, header).also { session ->
                if (isUnbuilt(session.sessions, header)) throw unbuilt()
                session.sessions.checks.requireSpans()
            }
        } catch (failure: Throwable) {
            file.close()
            throw failure
        }
    }

    private fun isUnbuilt(sessions: Sessions, header: FileHeader): Boolean {
        if (header.durability != FileLayout.Durability.COMMIT) return false
        if (platform.bootId != null) return !isOfThisStart(sessions.words)
        // A process that left its session open may have died with the system.
        val left = (1..sessions.layout.maxSessions).filter(sessions::isActive)
        return left.isNotEmpty() && left.none(sessions::isAlive)
    }

    private fun unbuilt() = MappedFileAccessException(
        "the file $path cannot be read: the system was started since it was opened last, and to open it with " +
            "MappedMemoryManager.open puts in order what that left",
        path,
        null,
    )

    private fun mappedToRead(file: MappedFile, header: FileHeader): FileSession {
        // Of a file that is shorter less is mapped where the system maps no more than there is.
        if (file.length < header.layout.firstSpan) {
            throw MappedFileTruncatedException(path, header.layout.firstSpan, file.length)
        }
        return mapped(file, header, growth = 0) {
            if (!isUnbuilt(it, header)) FileHeader.requireLength(path, it.words, header.layout, file.length)
        }
    }

    private fun open(file: MappedFile, header: FileHeader, growth: Long): FileSession {
        if (header.durability == FileLayout.Durability.NONE && !isOfThisStart()) return make(file, emptyLike(header))
        return mapped(file, header, growth) { sessions ->
            val isNewStart = !isOfThisStart(sessions.words)
            if (isUnbuilt(sessions, header)) Rebuild(sessions, header.committed).run()
            FileHeader.requireLength(path, sessions.words, header.layout, file.length)
            if (isNewStart) verify(sessions)
            sessions.checks.requireSpans()
            val _ = sessions.most
            if (!sessions.register()) throw tooManySessions(sessions)
            if (isNewStart) putBootId(sessions.words)
        }
    }

    private fun emptyLike(header: FileHeader) = Form(header.maxSpans, header.maxSessions, 0, 0, header.durability)

    // The system was started again since, so the disk may have some of the file's words and not others. What the file
    // itself says is looked at.
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

    private fun mapped(file: MappedFile, header: FileHeader, growth: Long, enter: (Sessions) -> Unit): FileSession {
        val arena = Arena.ofShared()
        try {
            file.map(header.layout.maxBytes, arena)
            if (!platform.bindsViews) platform.adopt(file.bytes)
            val sessions = Sessions(file, header.layout, wordsOf(file))
            enter(sessions)
            val isJournaled = header.durability == FileLayout.Durability.COMMIT && sessions.number != 0
            val journal = if (isJournaled) Journal(sessions, growth) else null
            return FileSession(sessions, arena, header.id, newLog, header.durability, journal)
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

    private fun isOfThisStart(words: FileWords): Boolean =
        isOfThisStart(words.get(FileLayout.BOOT_ID), words.get(FileLayout.BOOT_ID + Long.SIZE_BYTES))

    private fun isOfThisStart(): Boolean {
        val bytes = Files.newByteChannel(path).use { channel ->
            ByteBuffer.allocate(2 * Long.SIZE_BYTES).order(LITTLE_ENDIAN)
                .also { channel.position(FileLayout.BOOT_ID).read(it) }
                .rewind()
        }
        return isOfThisStart(bytes.getLong(0), bytes.getLong(Long.SIZE_BYTES))
    }

    // Where the system says nothing, its end is not told from that of a process.
    private fun isOfThisStart(first: Long, second: Long) =
        platform.bootId.let { it == null || it == UUID(first, second) }

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
