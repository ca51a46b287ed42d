package dev.leasehold.samples.growth

import dev.leasehold.memory.Block
import dev.leasehold.memory.Segment

/** Writes into every page what only that page can hold, so that a lost, doubled or misplaced page is found. */
internal object Pattern {
    /** The least page size of any system, so that no page is left out. */
    const val PAGE: Long = 4096
    private const val ODD = -0x61c8864680b583ebL

    /** How many pages [bytes] bytes have, the last perhaps in part. */
    fun pages(bytes: Long): Long = (bytes + PAGE - 1) / PAGE

    /** Marks the pages of [block] that begin at [from] or behind it, and the one that [from] lies in. */
    fun write(block: Block, from: Long): Unit = block.withSegment { bytes ->
        for (page in from / PAGE until pages(bytes.size)) bytes.setLong(place(bytes, page), mark(page))
    }

    /** The offset of the first page of [block] that does not hold what was written there, or -1. */
    fun firstDamage(block: Block): Long = block.withSegment { bytes ->
        val page = (0 until pages(bytes.size)).firstOrNull { bytes.getLong(place(bytes, it)) != mark(it) }
        if (page == null) -1 else page * PAGE
    }

    // A last page of less than a long is marked just before the end.
    private fun place(bytes: Segment, page: Long) = minOf(page * PAGE, bytes.size - Long.SIZE_BYTES)

    private fun mark(page: Long) = (page + 1) * ODD
}
