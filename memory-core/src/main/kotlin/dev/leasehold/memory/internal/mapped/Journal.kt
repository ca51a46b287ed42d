package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.MappedFileAccessException
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.endWith
import java.io.IOException

/**
 * All changes of a file whose commits survive a failure of the power, in their order, from the first one on: where the
 * disk has some of the file's own words and not others, the words are made from this. A header that was forced to the
 * disk says up to where it counts.
 *
 * A change is written here before it is made, and how long the journal is changes with it, by the same redo log. So
 * what a process was at when it died is in both or in neither. A commit forces all that was written, and then the
 * header. When the journal is full, what counts of it is written into another.
 *
 * **Threads.** Any, of any process: each takes the lock of the journal for its change. Who has that waits for no other
 * lock; who has the lock of commits may take it.
 */
internal class Journal(private val sessions: Sessions, growth: Long) {
    private val words = sessions.words
    private val layout = sessions.layout
    private val file = sessions.file
    private val lock = FileLock(sessions, FileLayout.JOURNAL_LOCK)
    private val commitLock = FileLock(sessions, FileLayout.COMMIT_LOCK)
    private val undo = UndoLog(sessions)
    private val areas = JournalArea(sessions, growth)

    // Words of blocks that the journal has, by their offset, and the generation of the block. Under the lock.
    private val known = HashMap<Long, Long>()

    // Why the disk refused a commit. Under the lock of commits.
    private var refusal: IOException? = null

    // ---- changes ----

    /**
     * Writes the change in [log] down, which [commit] then makes.
     *
     * @param structures blocks whose words are all changed by logs from now on: what they have goes into the journal
     * @param inBlocks the offsets of other words of blocks that the change sets, and their blocks
     */
    fun append(log: RedoLog, structures: List<Place>, inBlocks: Map<Long, Place>, commit: () -> Unit) {
        val most = JournalEntry.BYTES * (4L * log.count + structures.sumOf { 1 + it.bytes(words) / Long.SIZE_BYTES })
        while (true) {
            val isDone = lock.withLock {
                areas.hasRoom(most).also { if (it) write(log, structures, inBlocks, commit) }
            }
            if (isDone) return
            commitLock.withLock { lock.withLock { if (!areas.hasRoom(most)) areas.replace(most) } }
        }
    }

    private fun write(log: RedoLog, structures: List<Place>, inBlocks: Map<Long, Place>, commit: () -> Unit) {
        val fresh =
            if (inBlocks.isEmpty()) inBlocks else inBlocks.filter { (offset, place) -> isFresh(offset, place) }
        if (fresh.isNotEmpty()) undo.write(fresh.keys)
        val writer = areas.writer()
        for (index in 0 until log.count) writer.putState(log, index)
        structures.forEach(writer::putAll)
        for (index in 0 until log.count) writer.putOther(log, index)
        log.add(FileLayout.TAIL, writer.tail)
        commit()
        if (known.size > MOST_KNOWN) known.clear()
        for ((offset, place) in fresh) known[offset] = generationOf(place)
    }

    private fun generationOf(place: Place) = StateWord.generation(words.get(place.state))

    // What is in a block that was never linked counts as it is there when it is linked.
    private fun isFresh(offset: Long, place: Place) =
        StateWord.state(words.get(place.state)) != StateWord.HELD && known[offset] != generationOf(place)

    // ---- commits ----

    /** Makes the first journal, in a file that nobody else sees yet; returns the commit that the header is to have. */
    fun makeFirst(): FileHeader.Committed {
        areas.makeFirst()
        return FileHeader.Committed(0, areas.span, 0)
    }

    /** Makes all changes until now survive a failure of the power. */
    fun commit() {
        val event = Events.begin { it.committing("${file.path}") }
        val bytes = commitLock.withLock(::commitLocked)
        event.endWith { bytes }
    }

    /** Returns for how many bytes of the journal. */
    private fun commitLocked(): Long {
        refusal?.let { throw refusedBefore(it) }
        val before = words.get(FileLayout.SEALED)
        // A process may have died in the middle of one.
        if (words.get(FileLayout.EPOCH) - words.get(FileLayout.COMMITTED) > 1) finish(seal(next = 0))
        val after = seal(next = 1)
        finish(after)
        return after - before
    }

    /** Adds a checksum to the journal, and [next] to the number of the commit; returns how long the journal is. */
    private fun seal(next: Long): Long = lock.withLock {
        val from = words.get(FileLayout.SEALED)
        val writer = areas.writer()
        writer.put(JournalEntry.seal(), JournalSeal.of(words, areas.start + from, writer.tail - from))
        val changes = LinkedHashMap<Long, Long>()
        changes[FileLayout.TAIL] = writer.tail
        changes[FileLayout.SEALED] = writer.tail
        if (next > 0) {
            changes[FileLayout.EPOCH] = words.get(FileLayout.EPOCH) + next
            changes[FileLayout.UNDO_TAIL] = 0
        }
        areas.log.commit(changes)
        writer.tail
    }

    private fun finish(length: Long) {
        val epoch = words.get(FileLayout.COMMITTED) + 1
        // A change that was written down before that is in the file by now, and what it links was there before.
        force { file.force(layout.spanAt(words.get(FileLayout.SPANS))) }
        val at = FileHeader.commit(words, FileHeader.Committed(epoch, areas.span, length))
        force { file.force(at, FileLayout.PAGE) }
        words.set(FileLayout.COMMITTED, epoch)
        areas.freeOld()
        sweep(length)
    }

    // Pages that could not be written count as written to the system, so to force them again says nothing.
    private inline fun force(action: () -> Unit) = try {
        action()
    } catch (failure: IOException) {
        refusal = failure
        throw failure
    }

    private fun refusedBefore(refusal: IOException) = MappedFileAccessException(
        "a commit of the file ${file.path} was refused by the disk, and what it has of the file since is not known: " +
            "make a copy of what is needed, and look at the disk",
        file.path,
        refusal,
    )

    /** Frees blocks that were unlinked before the commit, and had to stay until then. */
    private fun sweep(until: Long) {
        for (at in words.get(FileLayout.SWEPT) until until step JournalEntry.BYTES) {
            val key = words.get(areas.start + at)
            if (JournalEntry.kind(key) != JournalEntry.WORD) continue
            val place = Place.ofStateAt(words, layout, key) ?: continue
            if (StateWord.state(words.get(areas.start + at + Long.SIZE_BYTES)) != StateWord.UNLINKED) continue
            sessions.holds.freeIfUnlinked(place.refOf(words.get(key)))
        }
        words.set(FileLayout.SWEPT, until)
    }

    private companion object {
        const val MOST_KNOWN = 65_536
    }
}

/** Adds entries to a journal whose lock the caller has, from [tail] on, in bytes from its [start]. */
internal class JournalWriter(
    private val words: FileWords,
    private val layout: FileLayout,
    private val start: Long,
    from: Long,
) {
    /** How many bytes the journal has with what was written. */
    var tail: Long = from
        private set

    fun put(key: Long, value: Long) {
        words.setQuietly(start + tail, key)
        words.setQuietly(start + tail + Long.SIZE_BYTES, value)
        tail += JournalEntry.BYTES
    }

    /**
     * Puts what [log] has at [index], if that is the word of a block; with what its run is, if it becomes linked. One
     * that is unlinked waits for the next commit, and the log is to say so, too.
     */
    fun putState(log: RedoLog, index: Int) {
        val offset = words.get(log.entry(index))
        val place = Place.ofStateAt(words, layout, offset) ?: return
        val at = log.entry(index) + Long.SIZE_BYTES
        val word = words.get(at)
        when (StateWord.state(word)) {
            StateWord.UNLINKED -> words.set(at, StateWord.waiting(word, words.get(FileLayout.EPOCH)))
            StateWord.LINKED -> if (StateWord.state(words.get(offset)) != StateWord.LINKED) putRun(place)
        }
        put(offset, words.get(at))
    }

    private fun putRun(place: Place) {
        if (place.shape.code == BlockKind.LARGE) put(place.lengthAt, place.length(words))
        val at = layout.spanWord(place.span)
        put(at, SpanWord.abandoned(words.get(at)))
    }

    /** Puts what [log] has at [index], if that is another word. */
    fun putOther(log: RedoLog, index: Int) {
        val offset = words.get(log.entry(index))
        if (Place.ofStateAt(words, layout, offset) != null) return
        put(offset, words.get(log.entry(index) + Long.SIZE_BYTES))
    }

    /** Puts all words of the block at [place]. */
    fun putAll(place: Place) {
        put(JournalEntry.clear(place.offset), place.bytes(words))
        for (at in place.offset until place.offset + place.bytes(words) step Long.SIZE_BYTES.toLong()) {
            val word = words.get(at)
            if (word != 0L) put(at, word)
        }
    }
}
