package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.block.BlockKind

/** Tells what is wrong with parts of a file, which may have any words; reads nothing beyond the file for it. */
internal class FileFaults(private val words: FileWords, private val layout: FileLayout) {
    // The number itself may be what is wrong.
    private val spans: Long get() = words.get(FileLayout.SPANS).coerceIn(0, layout.maxSpans)

    /** What is wrong with a log of the session [number], if anything is. */
    fun ofLogs(number: Int): Verification.Fault? =
        RedoLog.allOf(number, words, layout).firstNotNullOfOrNull { ofLog(number, it) }

    private fun ofLog(number: Int, log: RedoLog): Verification.Fault? {
        val count = log.committed
        if (count !in 0..log.most) return Verification.Fault(log.lane, "a log of session $number has $count entries")
        for (index in 0 until count.toInt()) {
            val at = log.entry(index)
            val offset = words.get(at)
            if (!canChange(offset)) return Verification.Fault(at, "session $number would change the word at $offset")
        }
        return null
    }

    private fun canChange(offset: Long): Boolean {
        if (offset and (Long.SIZE_BYTES - 1L) != 0L) return false
        val userWords = FileLayout.USER_WORDS
        return offset in userWords until userWords + FileLayout.USER_WORD_COUNT * Long.SIZE_BYTES ||
            offset in layout.roots until layout.root(FileLayout.ROOTS) ||
            offset in FileLayout.JOURNAL..FileLayout.UNDO_TAIL ||
            offset in layout.firstSpan until layout.spanAt(spans)
    }

    /** Whether a run at [span] can have [length] spans. */
    fun isLength(span: Long, length: Long): Boolean = length in 1..spans - span

    /** What is wrong with the run at [span], which has blocks and the span word [word], if anything is. */
    fun ofRun(span: Long, word: Long): Verification.Fault? {
        val shape = RunShape.find(SpanWord.code(word))
        if (!SpanWord.isPossible(word) || shape == null) {
            return Verification.Fault(layout.spanWord(span), "span $span has the impossible word $word")
        }
        val at = layout.spanAt(span) + FileLayout.RUN_LENGTH
        val length = words.get(at)
        val isRight = shape.code == BlockKind.LARGE || length == shape.spans.toLong()
        if (!isRight || !isLength(span, length)) {
            return Verification.Fault(at, "a run at span $span cannot have $length spans")
        }
        val tail = span + 1 until span + length
        val other = tail.find { SpanWord.state(words.get(layout.spanWord(it))) != SpanWord.TAIL } ?: return null
        return Verification.Fault(layout.spanWord(other), "span $other is not the tail of the run at span $span")
    }
}
