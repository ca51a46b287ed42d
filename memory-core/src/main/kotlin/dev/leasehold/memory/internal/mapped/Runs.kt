package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.MappedFileDamagedException
import dev.leasehold.memory.MappedFileTruncatedException
import java.io.IOException

/**
 * Takes runs of spans for a session, makes them longer and shorter, and gives them back. Under the lock of the store;
 * between sessions each span is taken by a compare-and-set, one after the other, and given back if one is missing.
 *
 * @param growth how many bytes a file that is full becomes longer by, if a request does not need more
 */
internal class Runs(private val sessions: Sessions, private val growth: Long) {
    private val words = sessions.words
    private val layout = sessions.layout
    private val me: Int get() = sessions.number
    private val sizeLock = FileLock(sessions, FileLayout.SIZE_LOCK)

    // Where the last run was found: the next one often follows it.
    private var next = 0L

    // What was given up when spans were last looked for in vain.
    private var seenGivenUp = -1L

    /** Why the file could not grow last, if the system refused it. */
    var refused: IOException? = null
        private set

    val spans: Long get() = words.get(FileLayout.SPANS)

    private fun word(span: Long) = words.get(layout.spanWord(span))

    private fun head(span: Long, word: Long) = layout.spanAt(span) + word

    fun lengthOf(span: Long): Long = words.get(head(span, FileLayout.RUN_LENGTH))

    // ---- taking ----

    /** Takes a run of [shape] with [length] spans, whose blocks are cached by this session; -1 when there is none. */
    fun claim(shape: RunShape, length: Long): Long {
        while (true) {
            val span = findEmpty(length)
            if (span >= 0) return span.also { write(it, shape, length) }
            if (!sweep() && !grow(length)) return -1
        }
    }

    /** Claims [length] spans that lie together; the first, or -1. */
    private fun findEmpty(length: Long): Long {
        val spans = spans
        if (next > spans) next = 0
        val found = findEmpty(next, spans, length)
        // What begins before may reach beyond.
        return if (found >= 0 || next == 0L) found else findEmpty(0, minOf(spans, next + length - 1), length)
    }

    private fun findEmpty(from: Long, until: Long, length: Long): Long {
        var start = from
        var span = from
        while (span < until) {
            if (SpanWord.state(word(span++)) != SpanWord.EMPTY) start = span
            if (span - start < length) continue
            if (claimWithin(start, span)) {
                next = span
                return start
            }
            start = span
        }
        return -1
    }

    private fun claimWithin(from: Long, until: Long): Boolean {
        if (!claimAll(from, until)) return false
        // The file may have become shorter.
        if (until <= words.getVolatile(FileLayout.SPANS)) return true
        letGo(from, until)
        return false
    }

    private fun claimAll(from: Long, until: Long): Boolean {
        for (span in from until until) {
            val seen = word(span)
            val mine = SpanWord.state(seen) == SpanWord.EMPTY &&
                words.compareAndSet(layout.spanWord(span), seen, SpanWord.claiming(seen, me))
            if (mine) continue
            letGo(from, span)
            return false
        }
        return true
    }

    /** Makes claimed spans empty again, the last first: those that are left lie together with what is before them. */
    private fun letGo(from: Long, until: Long) {
        for (span in until - 1 downTo from) words.set(layout.spanWord(span), SpanWord.empty(SpanWord.base(word(span))))
    }

    private fun write(span: Long, shape: RunShape, length: Long) {
        val claimed = word(span)
        words.set(head(span, FileLayout.REMOTE), 0)
        words.set(head(span, FileLayout.RUN_LENGTH), length)
        val fresh = StateWord.cached(maxOf(1, SpanWord.base(claimed)), me)
        for (index in 0 until shape.count) words.set(head(span, shape.wordOf(index)), fresh)
        words.set(layout.spanWord(span), SpanWord.owned(claimed, shape.code, me))
        makeTail(span + 1, span + length)
    }

    private fun makeTail(from: Long, until: Long) {
        for (tail in from until until) words.set(layout.spanWord(tail), SpanWord.tail(word(tail)))
    }

    /** Takes over a run of [code] that no session has; -1 when there is none. */
    fun adopt(code: Int): Long {
        if (words.get(FileLayout.GIVEN_UP) == seenGivenUp) return -1
        for (span in 0 until spans) {
            val seen = word(span)
            if (SpanWord.state(seen) == SpanWord.ABANDONED && SpanWord.code(seen) == code &&
                own(span, seen)
            ) {
                return span
            }
        }
        return -1
    }

    private fun own(span: Long, seen: Long): Boolean {
        val owned = SpanWord.owned(seen, SpanWord.code(seen), me)
        if (!words.compareAndSet(layout.spanWord(span), seen, owned)) return false
        // Not before: it may have been another's.
        try {
            sessions.checks.requireRun(span, owned)
        } catch (damage: MappedFileDamagedException) {
            words.set(layout.spanWord(span), seen)
            throw damage
        }
        return true
    }

    /** Looks for runs that no session has and nothing is in, and makes them empty; whether there were any. */
    private fun sweep(): Boolean {
        // Before the file becomes longer: a dead session gives its spans up.
        sessions.recoverAll()
        if (words.get(FileLayout.GIVEN_UP) == seenGivenUp) return false
        var any = false
        for (span in 0 until spans) {
            val seen = word(span)
            if (SpanWord.state(seen) == SpanWord.ABANDONED && own(span, seen) && giveUpUnused(span)) any = true
        }
        if (!any) seenGivenUp = words.get(FileLayout.GIVEN_UP)
        return any
    }

    @IgnorableReturnValue
    private fun giveUpUnused(span: Long): Boolean {
        val shape = RunShape.of(SpanWord.code(word(span)))
        val unused = (0 until shape.count).all { settle(Place(layout, span, shape, it)) }
        if (unused) release(span) else words.set(layout.spanWord(span), SpanWord.abandoned(word(span)))
        return unused
    }

    /**
     * Takes the block of a run that this session has taken over, or in which others have freed blocks, if nobody has
     * it; false when links lead to it or someone holds it.
     */
    fun settle(place: Place): Boolean {
        val word = words.get(place.state)
        when (StateWord.state(word)) {
            StateWord.LINKED -> return false

            StateWord.CACHED -> if (StateWord.session(word) == me) return true

            StateWord.UNLINKED -> {
                sessions.holds.freeIfUnlinked(place.refOf(word))
                return words.get(place.state) != word && settle(place)
            }
        }
        sessions.checks.requireState(place, word)
        // What a former owner of the run had allocated has died with it.
        val former = if (StateWord.state(word) == StateWord.HELD) StateWord.given(word) else word
        words.set(place.state, StateWord.cached(StateWord.generation(former), me))
        return true
    }

    // ---- giving back ----

    /** Gives the run at [span] back, all of whose blocks are cached by this session. */
    fun release(span: Long) {
        val owned = word(span)
        val shape = RunShape.of(SpanWord.code(owned))
        var base = 0L
        for (index in 0 until shape.count) {
            base = maxOf(base, StateWord.generation(words.get(head(span, shape.wordOf(index)))))
        }
        val length = lengthOf(span)
        if (length > 1) {
            words.set(layout.spanWord(span), SpanWord.releasing(owned, base + 1, me))
            RunRelease(words, layout).finish(span, length, base + 1)
        } else {
            words.set(layout.spanWord(span), SpanWord.empty(base + 1))
        }
        next = minOf(next, span)
    }

    /** Gives the run of a large block at [span] back, which no session has, if nobody has its block. */
    fun releaseAbandoned(span: Long) {
        val seen = word(span)
        if (SpanWord.state(seen) == SpanWord.ABANDONED && own(span, seen)) giveUpUnused(span)
    }

    /** Leaves the run at [span] to the one that takes it over. */
    fun abandon(span: Long) {
        words.set(layout.spanWord(span), SpanWord.abandoned(word(span)))
        words.add(FileLayout.GIVEN_UP, 1)
    }

    // ---- large blocks ----

    /**
     * Gives the run of a large block at [span] [length] spans where it lies, by [setLength] with each length on the
     * way; false, and nothing changed, if it can't.
     */
    fun resize(span: Long, length: Long, setLength: (Long) -> Unit): Boolean {
        val before = lengthOf(span)
        if (length > before) return extend(span, before, length, setLength)
        for (tail in span + before - 1 downTo span + length) {
            setLength(tail - span)
            words.set(layout.spanWord(tail), SpanWord.empty(SpanWord.base(word(tail))))
        }
        return true
    }

    private fun extend(span: Long, from: Long, to: Long, setLength: (Long) -> Unit): Boolean {
        while (span + to > spans) if (!grow(span + to - spans)) return false
        if (!claimAll(span + from, span + to)) return false
        setLength(to)
        makeTail(span + from, span + to)
        return true
    }

    // ---- the file's size ----

    /** Makes the file longer, so that at least [wanted] spans more are there; false when it cannot be. */
    fun grow(wanted: Long): Boolean {
        val seen = spans
        return sizeLock.withLock {
            // Another session may have done so.
            if (spans != seen) return@withLock true
            refused = null
            requireWhole(seen)
            val room = layout.maxSpans - seen
            if (room < wanted) return@withLock false
            val more = minOf(room, maxOf(wanted, growth / FileLayout.SPAN))
            growTo(seen, seen + more) || (more > wanted && growTo(seen, seen + wanted))
        }
    }

    // A file that was cut off and grows at its old end has zeros in between, and nothing would show that.
    private fun requireWhole(spans: Long) {
        val expected = layout.spanAt(spans)
        val length = sessions.file.length
        if (length < expected) throw MappedFileTruncatedException(sessions.file.path, expected, length)
    }

    private fun growTo(from: Long, to: Long): Boolean {
        try {
            // The page where the new words begin is there, unless they are the first in it: a file may be made sure of
            // by writing zeros.
            val table = layout.spanWord(from) + FileLayout.PAGE - 1 and -FileLayout.PAGE
            if (table < layout.spanWord(to)) sessions.file.allocate(table, layout.spanWord(to) - table)
            sessions.file.allocate(layout.spanAt(from), (to - from) * FileLayout.SPAN)
        } catch (refusal: IOException) {
            refused = refusal
            sessions.file.resize(layout.spanAt(from))
            return false
        }
        words.set(FileLayout.SPANS, to)
        return true
    }

    /**
     * Gives the empty spans at the end of the file back to the disk; returns how many bytes they have. Only where no
     * other session has the file open: another would touch what is gone.
     */
    fun compact(): Long = sizeLock.withLock {
        sessions.recoverAll()
        if ((1..sessions.most).any { it != me && sessions.isActive(it) }) return@withLock 0
        val before = spans
        var until = before
        // Claimed, so that a session which comes just now does not take them.
        while (until > 0 && claimAll(until - 1, until)) until--
        if (until == before) return@withLock 0
        words.setVolatile(FileLayout.SPANS, until)
        letGo(until, before)
        sessions.file.resize(layout.spanAt(until))
        next = minOf(next, until)
        (before - until) * FileLayout.SPAN
    }
}
