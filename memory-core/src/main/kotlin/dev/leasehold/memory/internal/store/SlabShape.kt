package dev.leasehold.memory.internal.store

import dev.leasehold.memory.internal.block.SizeClasses

/**
 * Which classes are cut from slabs, and how long a slab is.
 *
 * A class of eight pages or more is a span of its own: all these sizes are whole pages. Below, a slab is as short as
 * holds eight blocks, at least [LEAST_SLAB] bytes, and so long that nothing is left over at its end: the sizes are
 * five, six, seven or eight times a power of two, so some multiple of that many pages always fits.
 * Short slabs are what lets memory move between classes: a class that is used a little holds little, and a slab of few
 * blocks is empty soon.
 */
internal class SlabShape(private val page: Long) {
    private val slabPages = IntArray(SizeClasses.COUNT) { index -> if (isSpan(index)) 0 else pagesOfSlab(index) }

    /** Whether a block of [classIndex] is a span. */
    fun isSpan(classIndex: Int): Boolean = SizeClasses.sizeOf(classIndex) >= SPAN_PAGES * page

    /** How many pages a block of [classIndex], or the block alone in its slab, takes. */
    fun pagesOfBlock(classIndex: Int): Int = ((SizeClasses.sizeOf(classIndex) + page - 1) / page).toInt()

    /** How many pages a slab of [classIndex] usually has. */
    fun pagesOfSlab(classIndex: Int): Int {
        val size = SizeClasses.sizeOf(classIndex)
        var pages = (maxOf(LEAST_SLAB, size * SPAN_PAGES) + page - 1) / page
        while (pages * page % size != 0L) pages++
        return pages.toInt()
    }

    /** [pagesOfSlab], from a table. */
    fun usualPages(classIndex: Int): Int = slabPages[classIndex]

    companion object {
        /** From how many pages on a block is a span of its own; also how many blocks a slab holds at the least. */
        const val SPAN_PAGES: Long = 8

        /** The shortest slab, in bytes. */
        const val LEAST_SLAB: Long = 32L * 1024
    }
}
