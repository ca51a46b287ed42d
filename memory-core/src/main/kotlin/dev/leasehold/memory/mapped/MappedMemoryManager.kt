package dev.leasehold.memory.mapped

import dev.leasehold.memory.Block
import dev.leasehold.memory.BudgetClosedException
import dev.leasehold.memory.MappedFileAccessException
import dev.leasehold.memory.MappedFileDamagedException
import dev.leasehold.memory.MappedFileFormatException
import dev.leasehold.memory.MappedFileLimitException
import dev.leasehold.memory.MappedFileReadOnlyException
import dev.leasehold.memory.MappedFileSessionsException
import dev.leasehold.memory.MappedFileTruncatedException
import dev.leasehold.memory.MappedReferenceException
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.block.OwnerKind
import dev.leasehold.memory.internal.engine.EngineConfig
import dev.leasehold.memory.internal.mapped.Change
import dev.leasehold.memory.internal.mapped.EntryBlocks
import dev.leasehold.memory.internal.mapped.FileEngine
import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.internal.mapped.FileOpening
import dev.leasehold.memory.internal.mapped.FileReferences
import dev.leasehold.memory.internal.mapped.FileSession
import dev.leasehold.memory.internal.mapped.Place
import dev.leasehold.memory.internal.mapped.RootTable
import dev.leasehold.memory.internal.platform.PageHome
import dev.leasehold.memory.internal.platform.Platform
import java.io.IOException
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.file.Files
import java.nio.file.Path
import java.util.function.Consumer
import java.util.function.Function

/**
 * A manager of memory in a mapped file: blocks that outlive the process, and that several processes use at once.
 *
 * ```
 * MappedMemoryManager.openOrCreate(path).use { manager ->
 *     manager.allocate(1024).use { block ->
 *         block.withSegment { it.setLong(0, 42) }
 *         manager.roots["answer"] = block
 *     }
 * }
 * ```
 *
 * **A block is like a file of Unix.** *Links* lead to it: [roots], and what a [transaction] links. They are in the
 * file, and stay. A process *holds* it: it has allocated it or found it, and not closed it yet. Holds end with the
 * process. The block is freed when neither is left: so a block that is allocated and never linked is gone when its
 * process is, however that ends, and one that is linked stays.
 * **Whatever happens to a process**, killed between two instructions included, the file is consistent, and has all that
 * was finished before. The next operation that meets what a dead process left puts it in order. What a failure
 * of the power or of the system leaves, the file's [durability] says; by default any mixture of old and new, so that the
 * file is looked at in whole when it is opened first, and refused if it is damaged.
 * **References.** Blocks refer to each other by [MappedRef], never by address: each process has the file elsewhere.
 *
 * **Ownership.** The code that opens a manager closes it, after its blocks. **Threads.** Any.
 * **Zeroed.** Not; see [MemoryManager]. What a former process left in freed blocks may be seen.
 * **Budget.** What this process has in use counts, in pages, not what is in the file.
 * **Cost.** To allocate is to take from a cache of the thread and one store into the file; to free is the same.
 * **Without native access**, or on another system than Linux, one process can have a file open at a time, and the file
 * shows as long as it may become.
 */
public class MappedMemoryManager private constructor(
    options: MappedOptions,
    config: EngineConfig,
    private val engines: Engines,
) : MemoryManager(options, config, false, engines::next) {
    /** Opens the sessions of one manager: one at first, and another at each clear. */
    internal class Engines(private val growth: Long, first: FileSession, private val again: () -> FileSession) {
        private var fresh: FileSession? = first

        @Volatile
        lateinit var current: FileEngine
            private set

        fun next(config: EngineConfig): FileEngine {
            val session = fresh ?: again()
            fresh = null
            return FileEngine(config, session, growth).also { current = it }
        }
    }

    private val engine: FileEngine get() = engines.current
    internal val session: FileSession get() = engine.session

    /** The file. */
    public val path: Path get() = session.file.path

    /** The most bytes that the file can have for blocks. */
    public val maxSize: Long get() = session.layout.maxSpans * FileLayout.SPAN

    /** How many bytes the file has for blocks now. */
    public val size: Long get() = session.settled { session.words.get(FileLayout.SPANS) * FileLayout.SPAN }

    /** How many sessions of processes that had died this one has put in order. */
    public val recoveredSessions: Int get() = session.sessions.recovered

    /** What the file promises when the power fails. */
    public val durability: MappedDurability get() = MappedDurability.entries[session.durability]

    /** The named roots of the file. */
    public val roots: MappedRoots = MappedRoots(this)

    // ---- references ----

    /**
     * The reference to [block]. It can be used by [find] once a link leads to the block.
     *
     * @throws IllegalArgumentException when [block] is another manager's, or has no bytes
     */
    @JvmName("referenceTo")
    public fun referenceTo(block: Block): MappedRef = MappedRef(session.settled { refOf(placeOf(block)) })

    /**
     * The block that [ref] leads to, held by this process until the caller closes it; null when no link leads to it any
     * more. It is a block of its own for each call: they share the bytes, and not the count.
     *
     * **Cost.** A place in a table of the file is taken, and given back at the close: some tens of nanoseconds.
     *
     * @throws MemoryExhaustedException when a limit stops it
     * @throws MappedFileLimitException when this session holds as many linked blocks as it can (4,096)
     */
    @JvmName("find")
    public fun find(ref: MappedRef): Block? {
        val found = session.settled { engine.references.find(ref.bits) }
        if (found is FileReferences.Found) return adopt(found.taken, found.size)
        return when (found) {
            FileReferences.Missing.NO_HOLD -> throw limit("linked blocks in use", FileLayout.HOLD_COUNT)
            FileReferences.Missing.NO_BUDGET -> throw refused(sizeOf(ref))
            else -> null
        }
    }

    private fun sizeOf(ref: MappedRef) = placeOf(ref)?.bytes(session.words) ?: 0

    // ---- transactions ----

    /**
     * Runs [action], and then makes all that it has changed as one: all or nothing, whatever happens to the process.
     * When [action] throws, nothing has changed.
     *
     * **Threads.** One at a time in all processes; others wait. **Cost.** A lock of the file, and two words for each
     * one that changes.
     *
     * @return what [action] returns
     * @throws MappedFileLimitException when it changes more than 1,019 words
     */
    @JvmSynthetic
    public fun <R> transaction(action: MappedTransaction.() -> R): R = session.settled {
        requireWritable()
        val change = Change(session)
        val result = session.linkLock.withLock { committed(change, action) }
        change.freeUnlinked()
        result
    }

    /** [transaction], for Java. */
    public fun <R> transaction(action: Function<in MappedTransaction, out R>): R = transaction { action.apply(this) }

    private fun <R> committed(change: Change, action: MappedTransaction.() -> R): R {
        val transaction = MappedTransaction(this, change, RootTable(session.words, session.layout))
        var done = false
        try {
            val result = transaction.action()
            if (change.size > Change.MOST) throw limit("words in a transaction", Change.MOST)
            change.commit()
            done = true
            return result
        } finally {
            transaction.end()
            if (!done) change.cancel()
        }
    }

    /** The word of the user area at [index], from 0 to 255: for what a program wants to know before anything else. */
    public fun userWord(index: Int): Long = session.settled { session.words.get(userWordAt(index)) }

    /** Sets the word of the user area at [index], from 0 to 255. */
    public fun setUserWord(index: Int, value: Long) {
        val at = userWordAt(index)
        if (session.journal != null) return transaction { setUserWord(index, value) }
        session.settled {
            requireWritable()
            session.words.set(at, value)
        }
    }

    // ---- durability ----

    /**
     * Makes all that was finished before survive a failure of the power or of the system, in a file with the durability
     * [COMMIT][MappedDurability.COMMIT]: changes of links, roots, maps and words, of all processes, and the bytes of the
     * blocks that were linked. After a failure the file is as it was at the last commit, whole. To close a manager
     * commits, too.
     *
     * What is written over in a linked block is safe only if a [transaction] sets it by its words.
     *
     * **Threads.** Any; one commit at a time in all processes. Changes go on meanwhile, and are of the next.
     * **Cost.** Two forced writes: of all pages that were changed, and of the header. A journal that became full is
     * written anew by the change that finds it so, at the cost of a look at all that is linked.
     *
     * @throws MemoryConfigurationException when the file promises something else
     * @throws MappedFileAccessException when the disk refuses, and at each commit of this manager after that: what a disk
     *   has after a refusal is not known. The file is as it was at the commit before
     */
    public fun commit(): Unit = session.guarded {
        requireWritable()
        val journal = session.journal ?: throw MemoryConfigurationException(
            "the file $path has the durability $durability, with which nothing is committed: make it with COMMIT",
        )
        journal.commit()
    }

    internal override val home: PageHome get() = PageHome.FILE

    /** Also commits, in a file with the durability [COMMIT][MappedDurability.COMMIT]; see [MemoryManager.close]. */
    override fun close() {
        try {
            if (!isClosed && session.journal != null && session.isOpen && !session.isFailed) commit()
        } finally {
            super.close()
        }
    }

    internal fun requireWritable() {
        if (session.isReadOnly) throw MappedFileReadOnlyException(path)
    }

    /**
     * Gives the free end of the file back to the disk, and returns how many bytes went: 0 where another session has the
     * file open.
     */
    @IgnorableReturnValue
    public fun compact(): Long {
        requireWritable()
        return engine.compact()
    }

    // ---- for collections, locks, transactions and roots ----

    internal inline fun <R> writing(action: () -> R): R = session.guarded {
        requireWritable()
        action()
    }

    internal fun entryBlocks(): EntryBlocks = EntryBlocks(engine, ::refused, ::limit)

    /** Runs [action] with a view of the [size] bytes at [offset], which ends with it and can only be read. */
    internal fun <R> viewing(offset: Long, size: Long, action: (Segment) -> R): R =
        inView(offset, size) { action(Segment.of(it.asReadOnly())) }

    /** [viewing] with a view that can be written. */
    internal fun <R> filling(offset: Long, size: Long, action: (Segment) -> R): R =
        inView(offset, size) { action(Segment.of(it)) }

    private inline fun <R> inView(offset: Long, size: Long, action: (MemorySegment) -> R): R {
        val address = session.base + offset
        if (!Platform.current.bindsViews) return action(Platform.current.view(address, size, null))
        return Arena.ofConfined().use { action(Platform.current.view(address, size, it)) }
    }

    internal fun rootOf(name: ByteArray): Long = session.settled { RootTable(session.words, session.layout).get(name) }

    internal fun allRoots(): List<Pair<String, Long>> =
        session.settled { RootTable(session.words, session.layout).all() }

    internal fun refOf(place: Place): Long = engine.references.refOf(place)

    internal fun placeOf(ref: MappedRef): Place? = Place.of(session.words, session.layout, ref.bits)

    internal fun placeOf(block: Block): Place {
        require(block.manager === this) { "$block is not a block of manager '$name'" }
        require(block.size > 0) { "a block without bytes has no place in the file" }
        return engine.references.placeOf(block.address, block.codeInFile)
    }

    /**
     * Refuses the file if the root [name] is [ref], that leads to no block, and no change is under way. Where a process
     * has died in the middle of one this puts it in order; a file that can only be read stays as it is.
     */
    internal fun requireLinked(name: String, ref: MappedRef): Unit = session.guarded {
        val isLost = if (session.isReadOnly) {
            leadsNowhere(name, ref) && !session.linkLock.isTaken() && leadsNowhere(name, ref)
        } else {
            session.linkLock.withLock { leadsNowhere(name, ref) }
        }
        if (isLost) session.sessions.checks.damaged(session.layout.roots, "the root '$name' leads to no block")
    }

    private fun leadsNowhere(name: String, ref: MappedRef) =
        !session.sessions.holds.isLinked(ref.bits) && roots[name] == ref

    internal fun limit(what: String, most: Int): MappedFileLimitException =
        MappedFileLimitException("the file $path can have no more than $most $what", path, most)

    internal fun stale(ref: MappedRef): MappedReferenceException =
        MappedReferenceException("no link leads to a block of $ref in the file $path", path)

    /** Makes and opens files. */
    public companion object {
        private const val USER_WORD = "a word of the user area has an index from 0 to 255, and was "

        internal fun userWordAt(index: Int): Long {
            if (index !in 0 until FileLayout.USER_WORD_COUNT) throw IndexOutOfBoundsException(USER_WORD + index)
            return FileLayout.USER_WORDS + index * Long.SIZE_BYTES
        }

        /**
         * Makes the file [path], which there must not be, and opens it. The caller closes the manager.
         *
         * @throws MappedFileAccessException when it is there already, or cannot be made
         * @throws MemoryConfigurationException when figures contradict each other
         * @throws BudgetClosedException when its budget is closed
         */
        @JvmSynthetic
        public fun create(path: Path, configure: MappedOptions.() -> Unit = {}): MappedMemoryManager =
            make(path, MappedOptions().apply(configure), { create(it.form) })

        /**
         * Opens the file [path]. The caller closes the manager.
         *
         * @throws MappedFileAccessException when it is not there, or cannot be read and written
         * @throws MappedFileFormatException when it is none of this library's
         * @throws MappedFileTruncatedException when it is shorter than it says
         * @throws MappedFileDamagedException when the system was started again since, and its words contradict each
         *   other
         * @throws MappedFileSessionsException when as many sessions as it can have are open
         * @throws MemoryConfigurationException when figures contradict each other
         * @throws BudgetClosedException when its budget is closed
         */
        @JvmSynthetic
        public fun open(path: Path, configure: MappedOptions.() -> Unit = {}): MappedMemoryManager =
            make(path, MappedOptions().apply(configure), { open(it.growth) })

        /** [open] where there is such a file, else [create]; also where several processes do this at once. */
        @JvmSynthetic
        public fun openOrCreate(path: Path, configure: MappedOptions.() -> Unit = {}): MappedMemoryManager =
            make(path, MappedOptions().apply(configure), { openOrCreate(it.form) })

        /**
         * Opens the file [path] to read only: its roots, and blocks by their references. No session is entered, so a
         * block that another process unlinks and reuses meanwhile changes under its reader; and views can be read, not
         * written. Throws what [open] does but [MappedFileSessionsException].
         */
        @JvmStatic
        public fun openReadOnly(path: Path): MappedMemoryManager = make(path, MappedOptions(), { openReadOnly() })

        /** [create], for Java. */
        @JvmStatic
        public fun create(path: Path, configure: Consumer<in MappedOptions>): MappedMemoryManager =
            create(path) { configure.accept(this) }

        /** [open], for Java. */
        @JvmStatic
        public fun open(path: Path, configure: Consumer<in MappedOptions>): MappedMemoryManager =
            open(path) { configure.accept(this) }

        /** [openOrCreate], for Java. */
        @JvmStatic
        public fun openOrCreate(path: Path, configure: Consumer<in MappedOptions>): MappedMemoryManager =
            openOrCreate(path) { configure.accept(this) }

        /**
         * Deletes the file [path]; false when there is none. Who has it open goes on without anyone noticing.
         *
         * @throws MappedFileAccessException when it cannot be deleted
         */
        @JvmStatic
        @IgnorableReturnValue
        public fun delete(path: Path): Boolean = try {
            Files.deleteIfExists(path)
        } catch (failure: IOException) {
            throw MappedFileAccessException("the file $path cannot be deleted: ${failure.message}", path, failure)
        }

        internal fun make(
            path: Path,
            options: MappedOptions,
            session: FileOpening.(MappedOptions) -> FileSession,
            opening: FileOpening = FileOpening(path),
        ): MappedMemoryManager {
            val name = path.fileName?.toString() ?: path.toString()
            options.checkFile(Owner(OwnerKind.MANAGER, name))
            val config = SystemMemoryManager.configFor(name, options, Platform.current)
            val engines = Engines(options.growth, opening.session(options)) { opening.open(options.growth) }
            return MappedMemoryManager(options, config, engines).also(MemoryManager::join)
        }
    }
}
