package dev.leasehold.memory.internal.mapped

/**
 * Puts in order what a session left, dead or alive: its half-done change, its locks, its spans and its holds. For who
 * has the session's byte locked. Blocks that it held are found, and become free, when their span is next looked at.
 */
internal class Recovery(private val sessions: Sessions) {
    private val words = sessions.words
    private val layout = sessions.layout
    private val checks = sessions.checks

    /** Returns how many linked blocks the session held. */
    @IgnorableReturnValue
    fun run(number: Int): Int {
        checks.requireLogs(number)
        val changed = RedoLog.allOf(number, words, layout).map(RedoLog::replay)
        letLocksGo(number)
        giveSpansUp(number)
        val held = dropHolds(number)
        // What a replay has unlinked; another that looked before may have found it held by this one.
        for (offsets in changed) for (offset in offsets) freeIfState(offset)
        words.set(layout.session(number) + FileLayout.ACTIVE, 0)
        return held
    }

    private fun letLocksGo(number: Int) {
        val token = FileLock.token(number, words.get(layout.session(number) + FileLayout.INCARNATION))
        for (lock in FileLayout.LOCKS) {
            if (words.get(lock) == token) words.set(lock, 0)
        }
    }

    private fun giveSpansUp(number: Int) {
        val spans = words.get(FileLayout.SPANS)
        var span = 0L
        var any = false
        while (span < spans) {
            val word = words.get(layout.spanWord(span))
            if (SpanWord.session(word) != number) {
                span++
                continue
            }
            any = true
            span += when (SpanWord.state(word)) {
                SpanWord.CLAIMING -> 1L.also { words.set(layout.spanWord(span), SpanWord.empty(SpanWord.base(word))) }
                SpanWord.OWNED -> abandon(span, word, number)
                SpanWord.RELEASING -> release(span, word)
                else -> 1L
            }
        }
        letCutSpansGo(spans, number)
        if (any) words.add(FileLayout.GIVEN_UP, 1)
    }

    // The session made the file shorter, and did not come to let go of the spans that it had claimed for that.
    private fun letCutSpansGo(from: Long, number: Int) {
        var until = from
        while (until < layout.maxSpans && isClaimed(until, number)) until++
        for (span in until - 1 downTo from) {
            val at = layout.spanWord(span)
            words.set(at, SpanWord.empty(SpanWord.base(words.get(at))))
        }
    }

    private fun isClaimed(span: Long, number: Int): Boolean {
        val word = words.get(layout.spanWord(span))
        return SpanWord.state(word) == SpanWord.CLAIMING && SpanWord.session(word) == number
    }

    /** Abandons the run at [span]; returns how many spans it has. */
    private fun abandon(span: Long, word: Long, number: Int): Long {
        val length = checks.lengthOf(span)
        for (tail in span + 1 until span + length) {
            val seen = words.get(layout.spanWord(tail))
            if (isClaimed(tail, number)) words.set(layout.spanWord(tail), SpanWord.tail(seen))
        }
        emptyCutTail(span + length)
        words.set(layout.spanWord(span), SpanWord.abandoned(word))
        return length
    }

    // One that the length of the run before it counts no more, and that the session did not come to make empty.
    private fun emptyCutTail(span: Long) {
        if (span >= words.get(FileLayout.SPANS)) return
        val word = words.get(layout.spanWord(span))
        if (SpanWord.state(word) == SpanWord.TAIL) words.set(layout.spanWord(span), SpanWord.empty(SpanWord.base(word)))
    }

    /** Goes on with giving the run at [span] back; returns how many spans it had. */
    private fun release(span: Long, word: Long): Long {
        val length = checks.lengthOf(span)
        RunRelease(words, layout).finish(span, length, SpanWord.base(word))
        return length
    }

    private fun dropHolds(number: Int): Int {
        val entry = layout.session(number)
        var held = 0
        val table = layout.holdsOf(number)
        for (slot in 0 until checks.mostHolds(number)) {
            val at = table + slot * Long.SIZE_BYTES
            val ref = words.get(at)
            if (ref == 0L) continue
            words.setVolatile(at, 0)
            sessions.holds.freeIfUnlinked(ref)
            held++
        }
        words.set(entry + FileLayout.MOST_HOLDS, 0)
        return held
    }

    private fun freeIfState(offset: Long) {
        val ref = Place.ofStateAt(words, layout, offset)?.let { it.refOf(words.get(offset)) } ?: return
        sessions.holds.freeIfUnlinked(ref)
    }
}

/** The last steps of giving a run back. */
internal class RunRelease(private val words: FileWords, private val layout: FileLayout) {
    /**
     * Makes the tail of the run at [span], which is being released and has [length] spans, empty, the last span first,
     * and then its first, whose blocks begin with the generation [base] when they are taken again.
     *
     * The last one of those that the length still counts may be empty already, and even another's; but not as the tail
     * of a run, as all before it are still of this one.
     */
    fun finish(span: Long, length: Long, base: Long) {
        for (tail in span + length - 1 downTo span + 1) {
            val word = words.get(layout.spanWord(tail))
            if (SpanWord.state(word) == SpanWord.TAIL) {
                words.set(layout.spanWord(tail), SpanWord.empty(SpanWord.base(word)))
            }
            words.set(layout.spanAt(span) + FileLayout.RUN_LENGTH, tail - span)
        }
        words.set(layout.spanWord(span), SpanWord.empty(base))
    }
}
