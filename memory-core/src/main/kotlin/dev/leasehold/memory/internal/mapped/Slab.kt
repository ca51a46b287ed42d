package dev.leasehold.memory.internal.mapped

import java.util.concurrent.atomic.AtomicInteger

/**
 * What a session knows of one run of small blocks that it owns: which of them are at hand, and which pages its budget
 * pays for. Under the lock of the store.
 */
internal class Slab(private val layout: FileLayout, val span: Long, val shape: RunShape) {
    // By the index of the block: whether it is at hand.
    private val atHand = LongArray((shape.count + Long.SIZE_BITS - 1) / Long.SIZE_BITS)

    /** How many blocks are at hand. */
    var free: Int = 0
        private set

    private val linkedBlocks = AtomicInteger()

    /**
     * How many blocks links lead to, and this session does not use. Changed by [addLinked], also without the lock:
     * never more than there are, so that a slab which seems idle is.
     */
    val linked: Int get() = linkedBlocks.get()

    /** Whether it is being given up, or was. */
    @Volatile
    var isGone: Boolean = false

    /** Counts [more] blocks as linked: after they were, and, where it is negative, before they are free. */
    fun addLinked(more: Int) {
        linkedBlocks.addAndGet(more)
    }

    /** Bits for the pages that are paid for. */
    var paid: Long = 0

    /** Whether it is among those that blocks are taken from. */
    var isOpen: Boolean = false

    /** Where it begins in the file. */
    val offset: Long = layout.spanAt(span)

    /** Whether no block is in use, in a cache, or linked. */
    val isUnused: Boolean get() = free == shape.count

    /** Whether this session uses no block, and has none in a cache. */
    val isIdle: Boolean get() = free + linked == shape.count

    fun place(index: Int): Place = Place(layout, span, shape, index)

    /** Puts the block [index] with those at hand. */
    fun add(index: Int) {
        val bit = 1L shl index
        check(atHand[index shr 6] and bit == 0L) { "block $index of span $span came back twice" }
        atHand[index shr 6] = atHand[index shr 6] or bit
        free++
    }

    fun has(index: Int): Boolean = atHand[index shr 6] and (1L shl index) != 0L

    /** The first block at hand, which there is. */
    fun first(): Int {
        var word = 0
        while (atHand[word] == 0L) word++
        return word * Long.SIZE_BITS + atHand[word].countTrailingZeroBits()
    }

    /** Takes the block [index], which is at hand. */
    fun remove(index: Int) {
        atHand[index shr 6] = atHand[index shr 6] and (1L shl index).inv()
        free--
    }

    /** Bits for the pages that the block [index] lies in. */
    fun pagesOf(index: Int): Long {
        val from = shape.blockOf(index)
        val first = (from / FileLayout.PAGE).toInt()
        val last = ((from + shape.blockBytes - 1) / FileLayout.PAGE).toInt()
        return (-1L shl first) and (-1L ushr (Long.SIZE_BITS - 1 - last))
    }

    /** Bits for the pages that have a block which is not at hand. */
    fun pagesInUse(): Long {
        var pages = 0L
        for (index in 0 until shape.count) if (!has(index)) pages = pages or pagesOf(index)
        return pages
    }
}
