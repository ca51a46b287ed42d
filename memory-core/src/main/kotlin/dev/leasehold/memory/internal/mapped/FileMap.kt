package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.block.BlockKind

/**
 * Looks at what the spans of a file are, and changes nothing. Others may change them meanwhile, so nothing here is
 * refused: what makes no sense at the moment counts as under change.
 */
internal class FileMap(private val words: FileWords, private val layout: FileLayout) {
    /**
     * Spans that lie together and are one thing.
     *
     * @property word the word of the first; [SpanWord.EMPTY] and [SpanWord.OWNED] are as they say, and of all other
     *   states only [SpanWord.ABANDONED] has blocks
     */
    class Run(val span: Long, val spans: Long, val word: Long, val blockBytes: Long, val blocks: Blocks)

    /** How many blocks of a run are what. */
    class Blocks(val all: Int, val linked: Int, val held: Int)

    private val spans = words.get(FileLayout.SPANS).coerceIn(0, layout.maxSpans)

    /** All spans, in their order; neighbours that are empty are one run, and so are those under change. */
    fun runs(): List<Run> {
        val runs = ArrayList<Run>()
        var span = 0L
        while (span < spans) {
            val run = blocksAt(span) ?: alike(span)
            runs.add(run)
            span += run.spans
        }
        return runs
    }

    private fun blocksAt(span: Long): Run? {
        val word = words.get(layout.spanWord(span))
        if (!hasBlocks(word)) return null
        val shape = RunShape.find(SpanWord.code(word)) ?: return null
        val length = words.get(layout.spanAt(span) + FileLayout.RUN_LENGTH)
        val isPossible = if (shape.code == BlockKind.LARGE) length >= 1 else length == shape.spans.toLong()
        if (!isPossible || length > spans - span) return null
        val blockBytes = if (shape.code == BlockKind.LARGE) RunShape.largeBytes(length) else shape.blockBytes
        return Run(span, length, word, blockBytes, count(span, shape, SpanWord.session(word)))
    }

    private fun hasBlocks(word: Long) = when (SpanWord.state(word)) {
        SpanWord.OWNED, SpanWord.ABANDONED -> SpanWord.isPossible(word)
        else -> false
    }

    private fun count(span: Long, shape: RunShape, owner: Int): Blocks {
        var linked = 0
        var held = 0
        for (index in 0 until shape.count) {
            val word = words.get(layout.spanAt(span) + shape.wordOf(index))
            when (StateWord.state(word)) {
                StateWord.LINKED -> linked++

                StateWord.UNLINKED -> held++

                // What a dead session held becomes free when another takes the run, and nobody's until then.
                StateWord.HELD -> if (StateWord.session(word) == owner) held++
            }
        }
        return Blocks(shape.count, linked, held)
    }

    /** The empty spans from [span] on, or those that are neither empty nor of blocks. */
    private fun alike(span: Long): Run {
        val word = words.get(layout.spanWord(span))
        val isEmpty = SpanWord.state(word) == SpanWord.EMPTY
        var next = span + 1
        while (next < spans && isLike(next, isEmpty)) next++
        return Run(span, next - span, word, 0, NONE)
    }

    private fun isLike(span: Long, isEmpty: Boolean): Boolean {
        val word = words.get(layout.spanWord(span))
        return (SpanWord.state(word) == SpanWord.EMPTY) == isEmpty && !hasBlocks(word)
    }

    private companion object {
        val NONE = Blocks(0, 0, 0)
    }
}
