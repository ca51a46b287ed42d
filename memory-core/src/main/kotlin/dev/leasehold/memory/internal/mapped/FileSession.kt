package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MappedFileAccessException
import dev.leasehold.memory.MappedFileException
import dev.leasehold.memory.MappedFileTruncatedException
import dev.leasehold.memory.internal.platform.MappedFile
import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena
import java.nio.file.FileSystemException
import java.util.concurrent.ConcurrentHashMap

/**
 * One session of this process in a file: the mapping, the session's entry, and the end of both. Any thread.
 *
 * A mapped file that someone else makes shorter cannot be read there any more. The virtual machine says so by an
 * [InternalError], and says it late: compiled code goes on with what it did not read. So nothing that this session
 * knows can be trusted from then on: it fails, refuses everything, and leaves its recovery to another.
 */
internal class FileSession(
    val sessions: Sessions,
    private val arena: Arena,
    private val fileId: Long,
    newLog: (FileWords, Long) -> RedoLog,

    /** [FileLayout.Durability.PROCESS], [FileLayout.Durability.COMMIT] or [FileLayout.Durability.NONE]. */
    val durability: Int,

    /** Where changes are written down, in a file whose commits survive a failure of the power. */
    val journal: Journal?,
) {
    val file: MappedFile get() = sessions.file
    val layout: FileLayout get() = sessions.layout
    val words: FileWords get() = sessions.words

    /** The address of the file's first byte. */
    val base: Long = file.bytes.address()
    val guests: Guests = Guests(sessions.holds)
    val linkLock: FileLock = FileLock(sessions, FileLayout.LINK_LOCK)

    /** Whether the file can only be read: then there is no entry of this session. */
    val isReadOnly: Boolean = sessions.number == 0
    private val makeLog =
        if (journal == null) newLog else { words: FileWords, lane: Long -> JournaledLog(words, lane, journal) }
    private val redoLog = if (isReadOnly) null else makeLog(words, layout.lane(sessions.number))
    val log: RedoLog get() = checkNotNull(redoLog)
    private val smallLogs = List(if (isReadOnly) 0 else FileLayout.SMALL_LANES) { index ->
        makeLog(words, layout.smallLane(sessions.number, index))
    }

    /** Which of them is whose just now. */
    val logSlots: LogSlots = LogSlots()

    /** The small log of the slot [index], which the caller has taken. */
    fun smallLog(index: Int): RedoLog = smallLogs[index]

    /** The locks that this session has opened, by where they lie. */
    val locks: ConcurrentHashMap<Long, LockState> = ConcurrentHashMap()

    /** The rings of chunks that this session has opened, likewise. */
    val rings: ConcurrentHashMap<Long, RingChunks> = ConcurrentHashMap()

    /** Whether nothing that this session has lent is in use. Set when the session gets an engine. */
    var isUnused: () -> Boolean = { true }

    private var failure: MappedFileException? = null

    /** Whether the file can be reached. */
    @Volatile
    var isOpen: Boolean = true
        private set

    @Volatile
    private var failed = false

    /** Runs [action], which reads and writes the file. */
    inline fun <R> guarded(action: () -> R): R {
        if (failed) throw failed()
        try {
            return action()
        } catch (failure: Throwable) {
            throw explained(failure)
        }
    }

    /**
     * [guarded], and a fault in [action] is met here and not when the caller has gone on: compiled code meets it where
     * the virtual machine may stop it, which a call of a native method is. For what may cost some nanoseconds more.
     */
    inline fun <R> settled(action: () -> R): R = guarded { action().also { meetFaults() } }

    /** Throws what this thread has faulted at and not been stopped for yet: in an [action][guarded]. */
    fun meetFaults() {
        val _ = Thread.holdsLock(this)
    }

    private fun failed(): MappedFileException = checkNotNull(failure).also { it.fillInStackTrace() }

    // What was not read is also taken for a word, and compiled code may fail for that before it gets to the fault.
    private fun explained(failure: Throwable): Throwable = when {
        failure is MappedFileTruncatedException || failure === this.failure -> failed(failure)

        failure is InternalError || isCutOff() -> failed(truncated(failure))

        failure is FileSystemException && failure.file == "${file.path}" -> refused(failure)

        // What an action of the user has thrown, too.
        else -> failure
    }

    private fun isCutOff() = file.length < expectedLength()

    private fun refused(failure: FileSystemException) = MappedFileAccessException(
        "the system refused a call for the file ${file.path}: ${failure.reason ?: failure.message}",
        file.path,
        failure,
    )

    @Synchronized
    private fun failed(cause: Throwable): Throwable {
        val known = failure ?: cause as MappedFileException
        failure = known
        failed = true
        return known
    }

    private fun truncated(cause: Throwable): MappedFileTruncatedException {
        val length = file.length
        // Where even that is gone, what it was at first.
        val expected = if (length > FileLayout.SPANS + Long.SIZE_BYTES) expectedLength() else lengthOnce
        return MappedFileTruncatedException(file.path, expected, length, cause)
    }

    private fun expectedLength(): Long = try {
        layout.spanAt(words.get(FileLayout.SPANS).coerceIn(0, layout.maxSpans))
    } catch (_: InternalError) {
        lengthOnce
    }

    // How long the file was when it was opened.
    private val lengthOnce = file.length

    /** Whether everything is refused, as someone has cut the file off. */
    val isFailed: Boolean get() = failed

    /** Refuses what comes after the end. */
    fun requireOpen() {
        if (!isOpen) throw closed()
    }

    private fun closed() = ManagerClosedException(
        "the manager of the file ${file.path} is closed: lock, signal, read and write while it is open",
        file.path.fileName.toString(),
    )

    /** The id of the page that begins at [offset]. */
    fun pageId(offset: Long): Long = (fileId ushr ID_BITS_UNUSED shl PAGE_BITS) or (offset / FileLayout.PAGE)

    /** Leaves the file, when the last block has been given back. */
    @Synchronized
    fun endIfUnused() {
        if (isOpen && isUnused()) end()
    }

    /** Leaves the file although the file no longer says what was lent: the caller knows that nothing is. */
    @Synchronized
    fun endFailed() {
        if (isOpen) end()
    }

    @Synchronized
    private fun end() {
        isOpen = false
        try {
            if (!failed && !isReadOnly) sessions.leave()
        } finally {
            // Where it could not leave another finds it dead.
            arena.close()
            file.close()
        }
    }

    /** Ends the mapping of a file that is closed by another. */
    fun closeArena(): Unit = arena.close()

    /** Takes the file from under all that still uses it, as if this session had died, and runs [forget]. */
    @Synchronized
    fun detach(forget: () -> Unit) {
        if (!isOpen) return
        isOpen = false
        file.detach()
        forget()
        // Else views end with arenas of their own.
        if (!Platform.current.bindsViews) tryCloseArena()
    }

    /** Cuts off what is in the arena of the mapping; false while a native call uses it. */
    @IgnorableReturnValue
    private fun tryCloseArena(): Boolean = try {
        if (arena.scope().isAlive) arena.close()
        true
    } catch (_: IllegalStateException) {
        false
    }

    /** Ends the mapping after [detach]. */
    fun unmap() {
        if (arena.scope().isAlive) arena.close()
        file.close()
    }

    private companion object {
        const val PAGE_BITS = 28
        const val ID_BITS_UNUSED = PAGE_BITS + 1
    }
}
