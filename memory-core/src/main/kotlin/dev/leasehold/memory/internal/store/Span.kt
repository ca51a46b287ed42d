package dev.leasehold.memory.internal.store

import dev.leasehold.memory.internal.platform.hex

/**
 * A run of pages of one region that is one thing: free, a block, or cut into a [slab]. Under the store's lock.
 *
 * Where it lies and how long it is changes when it is split or merged; while it is free, it is found in the index of
 * free spans by both, so it leaves the index before either changes.
 */
internal class Span(val region: Region, var first: Int, var pages: Int) : SplayNode<Span>() {
    /** Whether it is neither a block nor a slab. */
    var free: Boolean = false

    /** What cuts it into blocks, or null. */
    var slab: Slab? = null

    /** How many of its pages are here, while it is free. */
    var resident: Int = 0

    /** How many of its pages the system could have back. Kept by [IdleSpans], which has those with some in a chain. */
    var idle: Int = 0

    /** The first page behind it. */
    val until: Int get() = first + pages

    val address: Long get() = region.addressOf(first)

    /** The position-independent id of its first page. */
    val id: Long get() = region.idOf(first)

    override val rank: Long get() = pages.toLong()

    override val order: Long get() = id

    /** Whether its region is this span and nothing else. */
    val isRegion: Boolean get() = pages == region.pages

    override fun toString(): String =
        "span of $pages pages at ${hex(address)} (${if (free) "free" else "taken"}, $idle idle)"
}
