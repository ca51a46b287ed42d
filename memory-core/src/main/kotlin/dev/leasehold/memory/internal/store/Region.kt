package dev.leasehold.memory.internal.store

import dev.leasehold.memory.internal.block.Bits
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReferenceArray

/**
 * One mapping from the system, a whole number of pages, with a map from pages to spans. Under the store's lock.
 *
 * The map is on the heap, so nothing that a stale view could still write reaches it. A span is entered at its first and
 * its last page, which is all that merging and freeing need; a slab's span is entered at every page, as its blocks
 * begin anywhere.
 *
 * @property serial the number of this region among all that the process ever had
 */
internal class Region(val serial: Long, val address: Long, val pages: Int, private val pageShift: Int) {
    /** Which pages are here and paid for. */
    val resident: Bits = Bits(pages)

    private val spans = arrayOfNulls<Span>(pages)

    // Apart from the spans, because it is read from any thread; and made late, because few regions have runs.
    @Volatile private var runs: AtomicReferenceArray<Pages?>? = null

    val bytes: Long get() = pages.toLong() shl pageShift

    operator fun contains(at: Long): Boolean = java.lang.Long.compareUnsigned(at - address, bytes) < 0

    fun addressOf(page: Int): Long = address + (page.toLong() shl pageShift)

    /** The page that holds the address [at], which is inside. */
    fun pageOf(at: Long): Int = ((at - address) ushr pageShift).toInt()

    fun idOf(page: Int): Long = idOf(serial, page)

    /** The span that was entered for [page], or null. */
    fun spanOf(page: Int): Span? = spans[page]

    /** The free span that ends before [page], or null. */
    fun freeBefore(page: Int): Span? = if (page == 0) null else spans[page - 1]?.takeIf { it.free }

    /** The free span that begins at [page], or null. */
    fun freeAt(page: Int): Span? = if (page == pages) null else spans[page]?.takeIf { it.free }

    fun enter(span: Span) {
        spans[span.first] = span
        spans[span.until - 1] = span
    }

    fun enterEveryPage(span: Span): Unit = spans.fill(span, span.first, span.until)

    /** Takes [span] out of the map, so that no page inside a merged span names what it once was. */
    fun leave(span: Span) {
        if (span.slab != null) return spans.fill(null, span.first, span.until)
        spans[span.first] = null
        spans[span.until - 1] = null
    }

    /** Lets [run], or nothing, be found by the ids of the pages from [from] to the one before [until]. */
    fun find(from: Int, until: Int, run: Pages?) {
        val all = runs ?: AtomicReferenceArray<Pages?>(pages).also { runs = it }
        for (page in from until until) all.setRelease(page, run)
    }

    /** Lets no run be found by the id of a page any more: for the end, when a late reader may still have this. */
    fun forgetRuns() {
        runs = null
    }

    /** The pages that [page] belongs to, or null. From any thread. */
    fun pagesOf(page: Int): Pages? = runs?.getAcquire(page)

    companion object {
        private const val PAGE_BITS = 24

        /** The most pages that a region can have: 64 GiB of the usual size. */
        const val MOST_PAGES: Int = 1 shl PAGE_BITS

        private val SERIALS = AtomicLong()

        /** A new [serial]. Of the process, so that no id of a region ever means anything in another; and 0 is no id. */
        fun nextSerial(): Long = SERIALS.incrementAndGet()

        fun idOf(serial: Long, page: Int): Long = (serial shl PAGE_BITS) or page.toLong()

        fun serialOf(id: Long): Long = id ushr PAGE_BITS

        fun pageOfId(id: Long): Int = (id and (MOST_PAGES - 1L)).toInt()
    }
}
