package dev.leasehold.memory.internal.store

import java.util.TreeSet

/**
 * The free spans of a heap, in the order of a best fit: by length, and among equals the one whose region was mapped
 * first, which keeps what is young empty. Under the store's lock.
 *
 * Spans whose pages are all here form an index of their own and are served first: they cost neither a payment nor a
 * page fault, and every page taken from them is one that need not be reserved anew.
 */
internal class FreeSpans {
    private class Length(var pages: Int)

    // A bare length sorts before every span of that length, so the ceiling of one is the best fit.
    private val order = Comparator<Any> { one, other ->
        val difference = lengthOf(one).compareTo(lengthOf(other))
        if (difference != 0) difference else idOf(one).compareTo(idOf(other))
    }
    private val here = TreeSet(order)
    private val away = TreeSet(order)
    private val wanted = Length(0)

    private fun lengthOf(key: Any) = if (key is Span) key.pages else wanted.pages

    private fun idOf(key: Any) = if (key is Span) key.id else -1

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
    fun bestFit(pages: Int): Span? {
        wanted.pages = pages
        return (here.ceiling(wanted) ?: away.ceiling(wanted)) as Span?
    }
}
