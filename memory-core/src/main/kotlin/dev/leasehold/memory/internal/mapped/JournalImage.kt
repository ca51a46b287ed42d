package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.block.BlockKind

/**
 * What the entries of a journal, one after the other, come to: the words that count, by their offset. It is made where
 * the words of the file itself cannot be trusted, after a failure of the power, or where a journal is written anew.
 *
 * A word in a block counts if it was set after the first link of the block, and after the block was last cleared; else
 * it is of a block that lay there earlier.
 */
internal class JournalImage(private val layout: FileLayout) {
    private val table = WordTable()
    private var order = 0L

    /** The most bytes that a journal has with what is in this. */
    val mostBytes: Long get() = table.size * 3L * JournalEntry.BYTES

    /** Reads the entries in the [bytes] bytes from [from] on. */
    fun read(words: FileWords, from: Long, bytes: Long) {
        for (at in from until from + bytes step JournalEntry.BYTES) {
            add(words.get(at), words.get(at + Long.SIZE_BYTES))
        }
    }

    private fun add(key: Long, value: Long) {
        order++
        if (JournalEntry.kind(key) == JournalEntry.SEAL) return
        if (JournalEntry.kind(key) == JournalEntry.WORD) {
            if (key in layout.spanTable until layout.firstSpan) return addRun(key, value)
            if (isState(key)) return addState(key, value)
        }
        table.put(key, value, order)
    }

    private fun addRun(key: Long, value: Long) {
        table.put(key, value, order)
        val span = (key - layout.spanTable) / Long.SIZE_BYTES
        // A tail leads to the first span of its run.
        for (tail in span + 1 until span + lengthOf(span)) table.put(layout.spanWord(tail), -1 - span, order)
    }

    // One that was linked before in the same generation is the same block still.
    private fun addState(key: Long, value: Long) {
        val slot = table.find(key)
        val isSame = slot >= 0 && StateWord.generation(table.valueAt(slot)) == StateWord.generation(value)
        table.put(key, value, if (isSame) table.orderAt(slot) else order)
    }

    // ---- runs ----

    /** The first span of the run that has [span], if there is one. */
    private fun headOf(span: Long): Long {
        val word = table[layout.spanWord(span)]
        return if (word < 0) -1 - word else span
    }

    private fun shapeOf(head: Long): RunShape? {
        val word = table[layout.spanWord(head)]
        return if (word > 0) RunShape.find(SpanWord.code(word)) else null
    }

    /** How many spans the run has that begins at [head]. */
    fun lengthOf(head: Long): Long {
        val shape = shapeOf(head) ?: return 1
        if (shape.code != BlockKind.LARGE) return shape.spans.toLong()
        return table[layout.spanAt(head) + FileLayout.RUN_LENGTH].coerceIn(1, layout.maxSpans - head)
    }

    private fun isState(offset: Long): Boolean {
        if (offset < layout.firstSpan) return false
        val span = layout.spanOf(offset)
        val shape = shapeOf(span) ?: return false
        val within = offset - layout.spanAt(span) - FileLayout.RUN_HEAD
        return within >= 0 && within < shape.count * Long.SIZE_BYTES
    }

    private fun isLength(offset: Long): Boolean {
        val span = layout.spanOf(offset)
        return offset == layout.spanAt(span) + FileLayout.RUN_LENGTH && headOf(span) == span
    }

    /** The block that has the byte at [offset]. */
    private fun blockAt(offset: Long): Place? {
        val head = headOf(layout.spanOf(offset))
        val shape = shapeOf(head) ?: return null
        val within = offset - layout.spanAt(head)
        if (within < shape.dataAt) return null
        val index = if (shape.code == BlockKind.LARGE) 0 else shape.indexOf(within)
        return if (index < shape.count) Place(layout, head, shape, index) else null
    }

    // ---- what counts ----

    /** Gives [put] all that counts, in an order in which it can be read again; [isKept] decides for each block. */
    fun forEach(isKept: (offset: Long, word: Long) -> Boolean, put: (key: Long, value: Long) -> Unit) {
        table.forEach { key, value, _ ->
            if (key < layout.spanTable && value != 0L) put(key, value)
        }
        forEachBlock(isKept, put)
        table.forEach { key, value, order ->
            if (JournalEntry.kind(key) == JournalEntry.CLEAR && isSince(key, order, isKept) != null) put(key, value)
        }
        table.forEach { key, value, order ->
            val isContent = JournalEntry.kind(key) == JournalEntry.WORD && key >= layout.firstSpan &&
                !isState(key) && !isLength(key)
            if (isContent) {
                val place = isSince(key, order, isKept)
                if (place != null && !isCleared(place, order)) put(key, value)
            }
        }
    }

    private fun forEachBlock(isKept: (Long, Long) -> Boolean, put: (Long, Long) -> Unit) {
        val runs = HashSet<Long>()
        table.forEach { key, value, _ ->
            if (JournalEntry.kind(key) == JournalEntry.WORD && isState(key) && isKept(key, value)) {
                val head = layout.spanOf(key)
                if (runs.add(head)) {
                    val length = layout.spanAt(head) + FileLayout.RUN_LENGTH
                    if (shapeOf(head)?.code == BlockKind.LARGE) put(length, lengthOf(head))
                    put(layout.spanWord(head), table[layout.spanWord(head)])
                }
                put(key, value)
            }
        }
    }

    // The block that has the word of [key], if it is kept and was linked before [order].
    private fun isSince(key: Long, order: Long, isKept: (Long, Long) -> Boolean): Place? {
        val place = blockAt(JournalEntry.offset(key)) ?: return null
        val slot = table.find(place.state)
        if (slot < 0 || table.orderAt(slot) > order || !isKept(place.state, table.valueAt(slot))) return null
        return place
    }

    private fun isCleared(place: Place, order: Long): Boolean {
        val slot = table.find(JournalEntry.clear(place.offset))
        return slot >= 0 && table.orderAt(slot) > order
    }
}
