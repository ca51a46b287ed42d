package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.block.BlockKind

/** One block of a run: where it and its word lie in the file. */
internal class Place(private val layout: FileLayout, val span: Long, val shape: RunShape, val index: Int) {
    /** Where its state word is. */
    val state: Long get() = layout.spanAt(span) + shape.wordOf(index)

    /** Where its bytes begin. */
    val offset: Long get() = layout.spanAt(span) + shape.blockOf(index)

    /** Where the hint for the owner of its run is. */
    val remote: Long get() = layout.spanAt(span) + FileLayout.REMOTE

    /** Where the length of its run is. */
    val lengthAt: Long get() = layout.spanAt(span) + FileLayout.RUN_LENGTH

    /** How many bytes it has. */
    fun bytes(words: FileWords): Long =
        if (shape.code != BlockKind.LARGE) shape.blockBytes else RunShape.largeBytes(length(words))

    /** How many spans the run of a large block has. */
    fun length(words: FileWords): Long = words.get(lengthAt)

    /** The reference to it in the generation of its [word]. */
    fun refOf(word: Long): Long = RefWord.of(span, index, StateWord.generation(word))

    /** How many of its bytes are in use, as [word] and its last bytes say. */
    fun size(words: FileWords, word: Long): Long {
        val bytes = bytes(words)
        val slack = StateWord.slack(word)
        return if (slack == StateWord.IN_TAIL) words.get(offset + bytes - Long.SIZE_BYTES) else bytes - slack
    }

    internal companion object {
        /** Where [ref] leads, whatever is there now; null when it cannot lead anywhere. */
        fun of(words: FileWords, layout: FileLayout, ref: Long): Place? {
            val span = RefWord.span(ref)
            // A damaged file may say that it has more than it can.
            val spans = minOf(words.get(FileLayout.SPANS), layout.maxSpans)
            if (ref == 0L || span >= spans) return null
            val shape = shapeOf(words.get(layout.spanWord(span))) ?: return null
            if (shape.spans > spans - span) return null
            val index = RefWord.index(ref)
            return if (index < shape.count) Place(layout, span, shape, index) else null
        }

        /** The block whose state word is at [offset]; null when none is there. */
        fun ofStateAt(words: FileWords, layout: FileLayout, offset: Long): Place? {
            if (offset < layout.firstSpan) return null
            val span = layout.spanOf(offset)
            val shape = shapeOf(words.get(layout.spanWord(span))) ?: return null
            val index = (offset - layout.spanAt(span) - FileLayout.RUN_HEAD) / Long.SIZE_BYTES
            return if (index in 0 until shape.count) Place(layout, span, shape, index.toInt()) else null
        }

        private fun shapeOf(spanWord: Long): RunShape? = when (SpanWord.state(spanWord)) {
            SpanWord.OWNED, SpanWord.ABANDONED -> RunShape.find(SpanWord.code(spanWord))
            else -> null
        }
    }
}
