package dev.leasehold.memory.internal.store

/**
 * The free spans of a heap, in the order of a best fit: by length, and among equals the one whose region was mapped
 * first, which keeps what is young empty. Under the store's lock.
 *
 * Spans whose pages are all here form an index of their own and are served first: they cost neither a payment nor a
 * page fault, and every page taken from them is one that need not be reserved anew.
 */
internal class FreeSpans {
    private val here = SplayTree<Span>()
    private val away = SplayTree<Span>()

    fun add(span: Span) {
        val added = indexOf(span).add(span)
        check(added) { "$span is in the index already" }
    }

    fun remove(span: Span) {
        val removed = indexOf(span).remove(span)
        check(removed) { "$span is not in the index" }
    }

    private fun indexOf(span: Span) = if (span.resident == span.pages) here else away

    /** A span of at least [pages] pages, or null when there is none. It stays in the index. */
    fun bestFit(pages: Int): Span? =
        here.ceiling(pages.toLong(), Long.MIN_VALUE) ?: away.ceiling(pages.toLong(), Long.MIN_VALUE)
}
