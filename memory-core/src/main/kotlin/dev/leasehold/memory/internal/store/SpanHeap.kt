package dev.leasehold.memory.internal.store

import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.platform.Platform

/*
 * A heap of pages: regions mapped from the system, split into spans on take, merged again on free.
 *
 *   region   |  slab  | free |  block  |     free      | block |
 *   map       SSSSSSSS F....F B.......B F.............F B.....B    which span has the page, as far as any search looks
 *   here      ######## ##.... ######### .....######.... #######    which pages the system has lent, and are paid for
 *
 * Two things are kept apart that allocators often mix. *Which span a page is in* is a matter of address space, which is
 * free: so a freed span merges with both neighbours at once, whatever they hold, and no two free spans ever touch.
 * *Whether a page is here* is a matter of memory, which is counted: a bit a page, kept through every split and merge,
 * decides what a take costs and what can go back. A take pays for the pages of its span that are away, a discard
 * releases what it took; so the leaf is exact to the page, a limit too, and there is nothing to estimate.
 *
 *   take       best fit, spans whose pages are all here first; the end with more pages here is cut off
 *   free       merge left and right by the map (boundary tags, Knuth 1973, volume 1, 2.5, but beside the memory)
 *   extend     the free span to the right gives up its head, if it is long enough and can be paid
 *   shrink     the tail becomes a span and is freed
 *   idle       spans with pages that could go back, oldest first; what exceeds the bound goes, part of a span if that
 *              is enough; a region that is one free span is unmapped when all of it has to go
 *
 * Everything is on the Java heap: what a stale view still writes into free memory meets no list and no tag. Rejected:
 * separate heaps for what is here and what is away, as jemalloc's extents have (a span that is half here could then not
 * serve a request of its whole length); lists by length (a best fit by length and age is a tree's job, and this is
 * reached once a magazine); a buddy system (no growth in place, and a quarter lost to rounding).
 *
 * Where the system takes no single pages back, a region is small, is paid for whole and goes back whole.
 */

/** Pages in spans, split and merged. Everything is under the store's lock, but [addressOfPage] and [pageIdOf]. */
internal class SpanHeap(platform: Platform, private val leaf: BudgetLeaf) {
    private val residency = Residency(platform, leaf)
    private val regions = RegionTable()
    private val free = FreeSpans()
    private val idle = IdleSpans()
    private val page = residency.page
    private val pageShift = java.lang.Long.numberOfTrailingZeros(page)
    private var mappedPages = 0L

    /** How many bytes are here but unused, and could go back. */
    val idleBytes: Long get() = idle.pages * page

    /** How many bytes are paid for. */
    val residentBytes: Long get() = residency.bytes

    /** How many bytes of address space the regions take. */
    val mappedBytes: Long get() = mappedPages * page

    /** What is mapped, oldest first. */
    val allRegions: List<Region> get() = regions.all

    /** Whether pages go back one by one. */
    val discards: Boolean get() = residency.discards

    // ---- taking ----

    /**
     * Takes a span of [pages] pages. With [paid], all of them are here and paid for; without, each must be paid for
     * with [pay] before it is used, unless it is here already.
     *
     * @return the span, or null when neither the limit nor the system allows one; nothing has changed then
     */
    fun take(pages: Int, paid: Boolean): Span? {
        val source = free.bestFit(pages) ?: return takeFresh(pages, paid)
        val first = warmerEnd(source, pages)
        // Made before anything changes: the heap may be full.
        val part = if (source.pages == pages) source else Span(source.region, first, pages)
        if (paid && !payIn(source, first, first + pages)) return null
        return cut(source, part)
    }

    /** Pays for pages of the free span [source], whose place in the index depends on how many of its pages are here. */
    private fun payIn(source: Span, from: Int, until: Int): Boolean {
        if (source.resident == source.pages) return true
        free.remove(source)
        val payable = residency.pay(source.region, from, until)
        source.resident = source.region.resident.countIn(source.first, source.until)
        free.add(source)
        return payable
    }

    private fun warmerEnd(source: Span, pages: Int): Int {
        val last = source.until - pages
        if (source.resident == source.pages || source.resident == 0) return source.first
        val here = source.region.resident
        val front = here.countIn(source.first, source.first + pages)
        return if (here.countIn(last, source.until) > front) last else source.first
    }

    /** Cuts [part], which may be the whole of it, out of the free span [source]. */
    private fun cut(source: Span, part: Span): Span {
        val region = source.region
        free.remove(source)
        region.leave(source)
        if (source === part) {
            idle.update(source, 0)
            source.free = false
        } else {
            if (part.first == source.first) source.first += part.pages
            source.pages -= part.pages
            enterFree(source)
        }
        region.enter(part)
        return part
    }

    private fun takeFresh(pages: Int, paid: Boolean): Span? {
        val payNow = if (paid && discards) pages else 0
        if (!residency.reserve(payNow)) return null
        var fresh: Fresh? = null
        try {
            fresh = mapRegion(pages)
        } finally {
            if (fresh == null) residency.release(payNow)
        }
        if (fresh == null) return null
        val whole = fresh.whole
        whole.region.resident.set(0, if (discards) payNow else whole.pages)
        enterFree(whole)
        return cut(whole, fresh.part)
    }

    /** A new region: the span that is all of it, and the part that is to be cut off it, which may be the same. */
    private class Fresh(val whole: Span, val part: Span)

    /** As large as usual, or, where the limit or the system refuses, smaller, down to the [least] pages of its part. */
    private fun mapRegion(least: Int): Fresh? {
        if (least > Region.MOST_PAGES) return null
        var pages = maxOf(usualPages(), least)
        while (true) {
            val address = residency.map(pages, 0)
            if (address != 0L) return enterRegion(address, pages, least)
            if (pages == least) return null
            pages = maxOf(least, pages / 4)
        }
    }

    private fun enterRegion(address: Long, pages: Int, least: Int): Fresh {
        try {
            val region = Region(Region.nextSerial(), address, pages, pageShift)
            val whole = Span(region, 0, pages)
            val fresh = Fresh(whole, if (pages == least) whole else Span(region, 0, least))
            add(region)
            return fresh
        } catch (full: OutOfMemoryError) {
            residency.unmapNew(address, pages)
            throw full
        }
    }

    // Address space costs nothing, so regions grow with what is mapped, and stay few. Where it costs, they are small.
    private fun usualPages(): Int {
        val wanted = if (discards) (mappedBytes / 4).coerceIn(LEAST_REGION, MOST_REGION) else WHOLE_REGION
        val allowed = if (discards) leaf.leastLimit else leaf.leastLimit / REGIONS_A_LIMIT
        return (minOf(wanted, allowed) ushr pageShift).toInt().coerceAtLeast(1)
    }

    private fun add(region: Region) {
        regions.add(region)
        mappedPages += region.pages
    }

    /** Pays for the pages of [span] from [from] to the one before [until], counted in it, that are away. */
    fun pay(span: Span, from: Int, until: Int): Boolean = residency.pay(
        span.region,
        span.first + from,
        span.first + until,
    )

    // ---- giving back ----

    /** Takes [span] back and merges it with the free spans beside it. */
    fun giveBack(span: Span) {
        val region = span.region
        check(!span.free) { "$span came back twice" }
        idle.update(span, 0)
        region.leave(span)
        span.slab = null
        region.freeBefore(span.first)?.let { left ->
            absorb(left)
            span.first = left.first
            span.pages += left.pages
        }
        region.freeAt(span.until)?.let { right ->
            absorb(right)
            span.pages += right.pages
        }
        enterFree(span)
        // A region of which nothing is here saves no page fault.
        if (span.isRegion && span.resident == 0) unmap(span)
    }

    private fun absorb(neighbour: Span) {
        free.remove(neighbour)
        idle.update(neighbour, 0)
        neighbour.region.leave(neighbour)
    }

    /** Enters [span] as free, counting which of its pages are here. */
    private fun enterFree(span: Span) {
        span.free = true
        span.resident = span.region.resident.countIn(span.first, span.until)
        span.region.enter(span)
        free.add(span)
        idle.update(span, if (discards || span.isRegion) span.resident else 0)
    }

    // ---- growing and shrinking in place ----

    /** Whether the free pages behind [span] are enough to make it [pages] pages long. */
    fun hasRoom(span: Span, pages: Int): Boolean {
        val right = span.region.freeAt(span.until)
        return right != null && right.pages >= pages - span.pages
    }

    /** Extends [span] to [pages] pages by the free span behind it; false, and nothing changed, when that cannot be. */
    fun tryExtend(span: Span, pages: Int): Boolean {
        val more = pages - span.pages
        check(more > 0) { "$span does not grow to $pages pages" }
        val region = span.region
        if (!hasRoom(span, pages)) return false
        val right = region.freeAt(span.until)!!
        val part = if (right.pages == more) right else Span(region, right.first, more)
        if (!payIn(right, right.first, right.first + more)) return false
        region.leave(cut(right, part))
        region.leave(span)
        span.pages = pages
        region.enter(span)
        return true
    }

    /** Makes [span] [pages] pages long, which is less than it has, and frees the rest of it. */
    fun shrink(span: Span, pages: Int) {
        check(pages in 1..<span.pages) { "$span does not shrink to $pages pages" }
        val region = span.region
        val tail = Span(region, span.first + pages, span.pages - pages)
        region.leave(span)
        span.pages = pages
        region.enter(span)
        region.enter(tail)
        giveBack(tail)
    }

    // ---- finding ----

    /** The span that was entered for the page of [address], or null. */
    fun spanAt(address: Long): Span? = regions.holding(address)?.let { it.spanOf(it.pageOf(address)) }

    /** The position-independent id of the page that holds [address], or -1 when no region does. From any thread. */
    fun pageIdOf(address: Long): Long = regions.search(address)?.let { it.idOf(it.pageOf(address)) } ?: -1

    /** Where the page [id] begins, or 0 when its region is gone. From any thread. */
    fun addressOfPage(id: Long): Long {
        val region = regions.numbered(Region.serialOf(id)) ?: return 0
        val at = Region.pageOfId(id)
        return if (at < region.pages) region.addressOf(at) else 0
    }

    /** Lets [pages], or nothing, be found by the ids of the pages of [span] from [from] on, counted in it. */
    fun find(span: Span, from: Int, pages: Pages?): Unit = span.region.find(span.first + from, span.until, pages)

    /** The pages that have the page [id], or null. From any thread. */
    fun pagesOf(id: Long): Pages? {
        val region = regions.numbered(Region.serialOf(id)) ?: return null
        val at = Region.pageOfId(id)
        return if (at < region.pages) region.pagesOf(at) else null
    }

    // ---- idle pages ----

    /** Says that [count] pages of [span], a slab's, could go back. */
    fun nowIdle(span: Span, count: Int) {
        if (discards) idle.update(span, count)
    }

    /** Gives back up to about [bytes] bytes of the pages idle for longest; false when none are, or it is refused. */
    fun dropOldest(bytes: Long): Boolean {
        val span = idle.oldest ?: return false
        val wanted = (bytes + page - 1) ushr pageShift
        if (drop(span, minOf(wanted, span.idle.toLong()).toInt())) return true
        idle.renew(span)
        return false
    }

    /** Gives everything that is idle back; returns how many bytes went. */
    fun trim(): Long {
        val before = residency.bytes
        for (span in idle.toList()) if (span.idle > 0) drop(span, span.idle)
        // Nothing of these is here, but they were refused before.
        for (region in allRegions) region.freeAt(0)?.let { if (it.isRegion) unmap(it) }
        return before - residency.bytes
    }

    @IgnorableReturnValue
    private fun drop(span: Span, wanted: Int): Boolean {
        val slab = span.slab
        if (slab != null) return slab.discardIdle(residency)
        if (span.isRegion && wanted == span.resident && unmap(span)) return true
        return discards && discardTail(span, wanted)
    }

    @IgnorableReturnValue
    private fun unmap(span: Span): Boolean {
        // Made before the region goes. With a full heap it stays for now: who gives memory back must not fail.
        val others = regions.withoutOrNull(span.region) ?: return false
        if (!residency.unmap(span.region)) return false
        free.remove(span)
        idle.update(span, 0)
        regions.become(others)
        mappedPages -= span.pages
        return true
    }

    /** Discards the last [wanted] pages that are here of the free [span], in one call. */
    private fun discardTail(span: Span, wanted: Int): Boolean {
        val here = span.region.resident
        var from = span.until
        var left = wanted
        while (left > 0) if (here[--from]) left--
        free.remove(span)
        val gone = residency.discard(span.region, from, span.until)
        enterFree(span)
        return gone
    }

    /** Takes the pages of every region away, also those in use; nothing may be taken or given back afterwards. */
    fun abandon() {
        for (region in regions.all.toList()) {
            region.forgetRuns()
            val gone = if (discards) residency.discard(region, 0, region.pages) else residency.unmap(region)
            // What the system refuses stays paid for until it is unmapped.
            if (gone && !discards) regions.remove(region)
        }
    }

    /** Gives every region back, after [abandon]. */
    fun unmapAll() {
        for (region in regions.all.toList()) if (residency.unmap(region)) regions.remove(region)
    }

    private companion object {
        const val LEAST_REGION = 4L * 1024 * 1024
        const val MOST_REGION = 64L * 1024 * 1024
        const val WHOLE_REGION = 1024L * 1024
        const val REGIONS_A_LIMIT = 16L
    }
}
