package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.MappedFileFullException
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.platform.bytes

/**
 * Where the journal of a file lies: in a large block that is linked, and that the words of the file name. When it is
 * full, another takes its place, with what counts; the one that the last commit is in stays until the next. Under the
 * lock of the journal.
 */
internal class JournalArea(private val sessions: Sessions, growth: Long) {
    private val words = sessions.words
    private val layout = sessions.layout
    private val runs = Runs(sessions, growth)

    /** The log by which the journal's own words change. */
    val log: RedoLog = RedoLog(words, layout.journalLane(sessions.number), RedoLog.MOST_IN_SMALL)

    /** The span that it begins in. */
    val span: Long get() = words.get(FileLayout.JOURNAL) - 1

    /** Where its first entry is. */
    val start: Long get() = placeAt(span).offset

    private fun placeAt(span: Long) = Place(layout, span, RunShape.of(BlockKind.LARGE), 0)

    /** Whether there is room for [more] bytes, and a seal. */
    fun hasRoom(more: Long): Boolean =
        words.get(FileLayout.TAIL) + more + JournalEntry.BYTES <= placeAt(span).bytes(words)

    /** Writes where it ends now. */
    fun writer(): JournalWriter = JournalWriter(words, layout, start, words.get(FileLayout.TAIL))

    /** Makes the first one, in a file that nobody else sees yet. */
    fun makeFirst() {
        val span = claim(FileLayout.SPAN)
        words.set(placeAt(span).state, linked(span))
        words.set(FileLayout.JOURNAL, span + 1)
        words.set(FileLayout.EPOCH, 1)
        runs.abandon(span)
    }

    private fun claim(bytes: Long): Long {
        val span = runs.claim(RunShape.of(BlockKind.LARGE), RunShape.spansFor(bytes))
        if (span >= 0) return span
        val path = sessions.file.path
        throw MappedFileFullException(
            "the journal of the file $path needs ${bytes(
                bytes,
            )}, and the file cannot become longer: unlink blocks and " +
                "commit, make room on the disk, or make a file with a larger maxSize",
            path.fileName?.toString() ?: path.toString(),
            bytes,
            path,
        )
    }

    private fun linked(span: Long) = StateWord.linked(words.get(placeAt(span).state), 1, 0)

    /** Puts another in its place that has room for [more] bytes. For who has the lock of commits, too. */
    fun replace(more: Long) {
        val image = JournalImage(layout)
        image.read(words, start, words.get(FileLayout.TAIL))
        val span = claim(2 * (image.mostBytes + more) + FileLayout.SPAN)
        val writer = JournalWriter(words, layout, placeAt(span).offset, 0)
        image.forEach(::isInUse, writer::put)
        val before = words.get(FileLayout.JOURNAL)
        val changes = LinkedHashMap<Long, Long>()
        changes[placeAt(span).state] = linked(span)
        changes[FileLayout.JOURNAL] = span + 1
        changes[FileLayout.TAIL] = writer.tail
        changes[FileLayout.SEALED] = 0
        // What waits for the next commit is in the new one.
        changes[FileLayout.SWEPT] = 0
        val isCommitted = words.get(FileLayout.OLD_JOURNAL) == 0L
        if (isCommitted) {
            changes[FileLayout.OLD_JOURNAL] = before
        } else {
            changes.put(placeAt(before - 1).state, freed(before - 1))
        }
        log.commit(changes)
        runs.abandon(span)
        if (!isCommitted) runs.releaseAbandoned(before - 1)
    }

    // Linked, or unlinked since the last commit: then it may be linked again, with the words that it has.
    private fun isInUse(offset: Long, word: Long): Boolean {
        // Its run may have gone, and the end of the file with it.
        if (Place.ofStateAt(words, layout, offset) == null) return false
        val now = words.get(offset)
        val state = StateWord.state(now)
        return (state == StateWord.LINKED || state == StateWord.UNLINKED) &&
            StateWord.generation(now) == StateWord.generation(word)
    }

    private fun freed(span: Long) = StateWord.given(words.get(placeAt(span).state))

    /** Frees the one that the last commit but one was in. */
    fun freeOld() {
        val old = words.get(FileLayout.OLD_JOURNAL) - 1
        if (old < 0) return
        log.commit(linkedMapOf(placeAt(old).state to freed(old), FileLayout.OLD_JOURNAL to 0L))
        runs.releaseAbandoned(old)
    }
}
