package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.MappedFileDamagedException
import dev.leasehold.memory.MappedFileTruncatedException
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.endWith

/**
 * Makes all words of a file from its journal, as they were at the last commit, after the system ended in the middle: of
 * each 512 bytes the disk may have any version since then. For who is alone with the file.
 *
 * It writes neither the journal nor the header, and may be done again where it was cut off.
 */
internal class Rebuild(private val sessions: Sessions, private val committed: FileHeader.Committed) {
    private val file = sessions.file
    private val words = sessions.words
    private val layout = sessions.layout
    private val image = JournalImage(layout)
    private val journal = Place(layout, committed.journal, RunShape.of(BlockKind.LARGE), 0)
    private val journalSpans = RunShape.spansFor(maxOf(1, committed.length))

    // By the first span of a run: its word.
    private val runs = HashMap<Long, Long>()
    private val lengths = HashMap<Long, Long>()

    fun run() {
        val event = Events.begin { it.rebuilding("${file.path}") }
        make()
        event.endWith { committed.length }
    }

    private fun make() {
        requireSealed()
        image.read(words, journal.offset, committed.length)
        UndoLog(sessions).restore(committed.epoch)
        clearWords()
        image.forEach(::isLinked) { key, value -> if (isSpanWord(key)) findRun(key, value) }
        findRun(layout.spanWord(committed.journal), SpanWord.large(words.get(layout.spanWord(committed.journal))))
        makeSpans()
        image.forEach(::isLinked, ::put)
        setJournal()
        file.force(layout.spanAt(words.get(FileLayout.SPANS)))
    }

    private fun isSpanWord(key: Long) = key in layout.spanTable until layout.firstSpan

    private fun put(key: Long, value: Long) {
        val offset = JournalEntry.offset(key)
        when {
            JournalEntry.kind(key) == JournalEntry.CLEAR -> words.clear(offset, value)
            !isSpanWord(offset) -> words.setQuietly(offset, value)
        }
    }

    private fun isLinked(offset: Long, word: Long) =
        offset != journal.state && StateWord.state(word) == StateWord.LINKED

    /** Refuses a journal that is not what was committed. */
    private fun requireSealed() {
        val end = layout.spanAt(committed.journal + journalSpans)
        if (file.length < end) throw MappedFileTruncatedException(file.path, end, file.length)
        if (JournalSeal.sealedBytes(words, journal.offset, committed.length) != committed.length) {
            throw MappedFileDamagedException(
                "the file ${file.path} is damaged at ${journal.offset}: the journal of its last commit is not what " +
                    "was written, so what a failure of the power left cannot be put in order",
                file.path,
                journal.offset,
            )
        }
    }

    private fun clearWords() {
        for (lock in FileLayout.LOCKS) words.set(lock, 0)
        words.set(FileLayout.MOST_SESSION, 0)
        for (number in 1..layout.maxSessions) words.set(layout.session(number) + FileLayout.ACTIVE, 0)
        for (index in 0 until FileLayout.USER_WORD_COUNT) {
            words.setQuietly(FileLayout.USER_WORDS + index * Long.SIZE_BYTES, 0)
        }
        words.clear(layout.roots, FileLayout.ROOTS * FileLayout.ROOT_BYTES)
    }

    private fun findRun(key: Long, value: Long) {
        val span = (key - layout.spanTable) / Long.SIZE_BYTES
        runs[span] = value
        lengths[span] = if (span == committed.journal) journalSpans else image.lengthOf(span)
    }

    private fun makeSpans() {
        val needed = runs.keys.maxOf { it + lengths.getValue(it) }
        val there = minOf(layout.maxSpans, (file.length - layout.firstSpan) / FileLayout.SPAN)
        if (needed > there) throw MappedFileTruncatedException(file.path, layout.spanAt(needed), file.length)
        val spans = words.get(FileLayout.SPANS).coerceIn(needed, there)
        words.set(FileLayout.SPANS, spans)
        var span = 0L
        while (span < spans) {
            val run = runs[span]
            span += if (run == null) 1L.also { makeEmpty(span) } else makeRun(span, run, lengths.getValue(span))
        }
    }

    // The generations that a lost word may have had must not come again: what refers to them is lost as well, but not
    // what a program has kept elsewhere.
    private fun makeEmpty(span: Long) {
        val word = words.get(layout.spanWord(span))
        val shape = RunShape.find(SpanWord.code(word))
        val isRun = SpanWord.isPossible(word) && SpanWord.state(word) in SpanWord.OWNED..SpanWord.RELEASING
        val most = if (isRun && shape != null) mostGeneration(span, shape) else 0
        val base = if (SpanWord.isPossible(word)) SpanWord.base(word) else 0
        words.set(layout.spanWord(span), SpanWord.empty(maxOf(base, most + 1)))
    }

    private fun mostGeneration(span: Long, shape: RunShape) = (0 until shape.count).maxOf { index ->
        val word = words.get(Place(layout, span, shape, index).state)
        if (StateWord.isPossible(word)) StateWord.generation(word) else 0
    }

    private fun makeRun(span: Long, word: Long, length: Long): Long {
        val shape = RunShape.of(SpanWord.code(word))
        words.set(layout.spanWord(span), word)
        words.set(layout.spanAt(span) + FileLayout.REMOTE, 0)
        words.set(layout.spanAt(span) + FileLayout.RUN_LENGTH, length)
        for (index in 0 until shape.count) {
            val at = Place(layout, span, shape, index).state
            val before = words.get(at)
            // Those that are linked get their words afterwards.
            val generation = if (StateWord.isPossible(before)) StateWord.generation(before) else 0
            words.set(at, StateWord.given(StateWord.free(maxOf(generation, SpanWord.base(word)))))
        }
        for (tail in span + 1 until span + length) {
            words.set(layout.spanWord(tail), SpanWord.tail(words.get(layout.spanWord(tail))))
        }
        return length
    }

    private fun setJournal() {
        words.set(journal.state, StateWord.linked(StateWord.free(StateWord.generation(words.get(journal.state))), 1, 0))
        words.set(FileLayout.JOURNAL, committed.journal + 1)
        words.set(FileLayout.TAIL, committed.length)
        words.set(FileLayout.SEALED, committed.length)
        words.set(FileLayout.SWEPT, committed.length)
        words.set(FileLayout.OLD_JOURNAL, 0)
        words.set(FileLayout.EPOCH, committed.epoch + 1)
        words.set(FileLayout.COMMITTED, committed.epoch)
        words.set(FileLayout.UNDO_TAIL, 0)
    }
}
