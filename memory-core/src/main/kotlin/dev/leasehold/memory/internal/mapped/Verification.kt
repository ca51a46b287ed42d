package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.block.BlockKind

/**
 * Looks at every structure of a file, and at each against the others, and changes nothing. For a file that nobody
 * changes meanwhile.
 *
 * What a session left half-done when it died is no fault: a committed change that is not stored yet counts as stored,
 * and a run that is being given back may have some of its tail.
 */
internal class Verification(private val words: FileWords, private val layout: FileLayout) {
    /** Something that contradicts the rest, and where it is in the file. */
    class Fault(val offset: Long, val what: String)

    internal companion object {
        /** How many bytes a span has. */
        const val SPAN: Long = FileLayout.SPAN
    }

    /** What is in the file. */
    class Figures {
        var spans: Long = 0
        var runs: Long = 0
        var linked: Long = 0
        var linkedBytes: Long = 0
        var unused: Long = 0
        var roots: Int = 0

        /** How many blocks dictionaries consist of that roots lead to, beside their heads. */
        var inDictionaries: Long = 0
        var sessions: Int = 0
    }

    val faults: MutableList<Fault> = ArrayList()
    val figures: Figures = Figures()
    private val rootsOf = HashMap<Long, Int>()

    // What recovery will store, by offset.
    private val committed = HashMap<Long, Long>()

    // Mostly nothing is committed and not stored, and this is asked for every word.
    private fun get(offset: Long): Long =
        if (committed.isEmpty()) words.get(offset) else committed[offset] ?: words.get(offset)

    private fun fault(offset: Long, what: String) {
        faults.add(Fault(offset, what))
    }

    /** Looks at all structures, and returns all faults. */
    fun run(): List<Fault> {
        checkAll()
        return faults
    }

    /** Looks at all structures. */
    fun checkAll() {
        val spans = words.get(FileLayout.SPANS)
        if (spans !in 0..layout.maxSpans) {
            return fault(FileLayout.SPANS, "the file says that it has $spans spans, and can have ${layout.maxSpans}")
        }
        figures.spans = spans
        checkSessions()
        checkRoots()
        for (at in longArrayOf(FileLayout.JOURNAL, FileLayout.OLD_JOURNAL)) checkJournalAt(at)
        var span = 0L
        while (span < spans) span += maxOf(1, checkSpan(span, spans))
        for ((ref, count) in rootsOf) {
            checkRoot(ref, count)
            checkContents(ref)
        }
    }

    /** Looks whether the journal of the last commit has what was written. */
    fun checkJournal(committed: FileHeader.Committed) {
        val place = Place(layout, committed.journal, RunShape.of(BlockKind.LARGE), 0)
        val isInFile = committed.journal in 0 until layout.maxSpans && committed.length >= 0 &&
            place.offset + committed.length <= layout.maxBytes
        if (!isInFile) return fault(FileLayout.JOURNAL_AT, "the journal of the last commit is not in the file")
        val sealed = JournalSeal.sealedBytes(words, place.offset, committed.length)
        if (sealed < committed.length) fault(place.offset + sealed, "the journal has other entries than were committed")
    }

    private fun checkJournalAt(at: Long) {
        val span = get(at) - 1
        if (span < 0) return
        val isRun = span < figures.spans && SpanWord.code(words.get(layout.spanWord(span))) == BlockKind.LARGE
        val state = Place(layout, span, RunShape.of(BlockKind.LARGE), 0).state
        if (!isRun || StateWord.state(get(state)) != StateWord.LINKED) fault(at, "there is no journal at span $span")
    }

    private fun isJournal(place: Place) =
        place.span + 1 == get(FileLayout.JOURNAL) || place.span + 1 == get(FileLayout.OLD_JOURNAL)

    private fun checkSessions() {
        val most = words.get(FileLayout.MOST_SESSION)
        if (most !in 0..layout.maxSessions) return fault(FileLayout.MOST_SESSION, "session $most is beyond the last")
        for (number in 1..most.toInt()) {
            val entry = layout.session(number)
            when (words.get(entry + FileLayout.ACTIVE)) {
                0L -> continue
                1L -> checkSession(number, entry)
                else -> fault(entry, "session $number is neither active nor not")
            }
        }
    }

    private fun checkSession(number: Int, entry: Long) {
        figures.sessions++
        val fault = FileFaults(words, layout).ofLogs(number)
        if (fault != null) faults.add(fault)
        if (fault == null) RedoLog.allOf(number, words, layout).forEach { committed.putAll(it.changes()) }
        val holds = words.get(entry + FileLayout.MOST_HOLDS)
        if (holds !in 0..FileLayout.HOLD_COUNT) fault(entry, "session $number holds $holds blocks")
    }

    private fun checkRoots() {
        for (slot in 0 until FileLayout.ROOTS) {
            val at = layout.root(slot)
            val ref = get(at)
            if (ref == 0L) continue
            figures.roots++
            rootsOf.merge(ref, 1, Int::plus)
            val length = get(at + FileLayout.ROOT_LENGTH)
            if (length !in 1..FileLayout.ROOT_NAME_BYTES) fault(at, "the name of root $slot has $length bytes")
        }
    }

    private fun checkRoot(ref: Long, count: Int) {
        val place = Place.of(words, layout, ref)
        if (place == null) return fault(layout.roots, "a root leads to no block: ${hex(ref)}")
        val word = get(place.state)
        if (StateWord.state(word) != StateWord.LINKED || StateWord.generation(word) != RefWord.generation(ref)) {
            return fault(place.state, "a root leads to a block that is not linked, or of another generation")
        }
        if (StateWord.links(word) < count) {
            fault(place.state, "$count roots lead to a block that has ${StateWord.links(word)} links")
        }
    }

    /** Checks what the library itself has put into the block of [ref]. */
    private fun checkContents(ref: Long) {
        val place = Place.of(words, layout, ref) ?: return
        val bytes = place.bytes(words)
        when (words.get(place.offset)) {
            DictionaryLayout.KIND -> if (bytes >= DictionaryLayout.HEAD_BYTES) checkDictionary(place.offset)

            LockLayout.KIND ->
                if (bytes >= LockLayout.bytes(layout.maxSessions)) {
                    LockVerification(words, layout, place.offset, ::fault).run()
                }

            RingLayout.KIND ->
                if (bytes >= RingLayout.bytes(RingLayout.LEAST_CAPACITY)) {
                    RingVerification(words, layout, place.offset, bytes, ::fault).run()
                }
        }
    }

    private fun checkDictionary(head: Long) {
        val dictionary = DictionaryVerification(words, layout, head, ::get, ::fault)
        dictionary.run()
        figures.inDictionaries += dictionary.blocks
    }

    /** Checks the run at [span]; returns how many spans it has. */
    private fun checkSpan(span: Long, spans: Long): Long {
        val at = layout.spanWord(span)
        val word = words.get(at)
        if (!SpanWord.isPossible(word)) return 1L.also { fault(at, "span $span has the impossible word ${hex(word)}") }
        when (SpanWord.state(word)) {
            SpanWord.EMPTY -> return 1
            SpanWord.TAIL -> return 1L.also { fault(at, "span $span is the tail of no run") }
        }
        val session = SpanWord.session(word)
        val isOrphan = session > layout.maxSessions ||
            (session > 0 && words.get(layout.session(session) + FileLayout.ACTIVE) == 0L)
        if (isOrphan) fault(at, "span $span belongs to session $session, which there is not")
        return when (SpanWord.state(word)) {
            SpanWord.OWNED, SpanWord.ABANDONED -> checkRun(span, spans, word)
            SpanWord.RELEASING -> checkReleased(span, spans)
            else -> 1
        }
    }

    private fun checkReleased(span: Long, spans: Long): Long {
        val at = layout.spanAt(span) + FileLayout.RUN_LENGTH
        val length = words.get(at)
        if (length !in 1..spans - span) return 1L.also { fault(at, "the run at span $span has $length spans") }
        // The last may be empty already, or another's.
        return if (length > 1 && !isTail(span + length - 1)) length - 1 else length
    }

    private fun isTail(span: Long) = SpanWord.state(words.get(layout.spanWord(span))) == SpanWord.TAIL

    private fun checkRun(span: Long, spans: Long, word: Long): Long {
        figures.runs++
        val code = SpanWord.code(word)
        val shape = RunShape.find(code)
            ?: return 1L.also { fault(layout.spanWord(span), "span $span has blocks of the unknown code $code") }
        val at = layout.spanAt(span) + FileLayout.RUN_LENGTH
        val length = words.get(at)
        val isPossible = if (code == BlockKind.LARGE) length >= 1 else length == shape.spans.toLong()
        if (!isPossible || length > spans - span) {
            fault(at, "the run at span $span has $length spans")
            return 1
        }
        for (index in 0 until shape.count) checkBlock(Place(layout, span, shape, index), word)
        for (other in span + 1 until span + length) {
            if (!isTail(other) && !isClaimed(other, SpanWord.session(word))) {
                fault(layout.spanWord(other), "span $other is not the tail of the run at span $span")
            }
        }
        return length + if (hasCutTail(word, span + length, spans)) 1 else 0
    }

    // A large block may have become shorter just before its last span would have become empty.
    private fun hasCutTail(word: Long, next: Long, spans: Long) =
        SpanWord.code(word) == BlockKind.LARGE && SpanWord.session(word) != 0 && next < spans && isTail(next)

    private fun isClaimed(span: Long, session: Int): Boolean {
        val word = words.get(layout.spanWord(span))
        return session != 0 && SpanWord.state(word) == SpanWord.CLAIMING && SpanWord.session(word) == session
    }

    private fun checkBlock(place: Place, spanWord: Long) {
        val word = get(place.state)
        if (!StateWord.isPossible(word)) return fault(place.state, "a block has the impossible word ${hex(word)}")
        if (StateWord.state(word) != StateWord.LINKED) {
            figures.unused++
            return
        }
        val bytes = place.bytes(words)
        if (!isJournal(place)) {
            figures.linked++
            figures.linkedBytes += bytes
        }
        val size = place.size(words, word)
        if (size !in 0..bytes) fault(place.state, "$size bytes are in use of a block of $bytes bytes")
        if (SpanWord.state(spanWord) == SpanWord.CLAIMING) fault(place.state, "a linked block lies in an empty span")
    }

    private fun hex(word: Long) = "0x" + java.lang.Long.toHexString(word)
}
