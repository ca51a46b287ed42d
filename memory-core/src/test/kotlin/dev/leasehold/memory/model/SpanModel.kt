package dev.leasehold.memory.model

import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.store.Span
import dev.leasehold.memory.internal.store.SpanHeap
import dev.leasehold.memory.support.SimulatedPlatform
import java.util.TreeMap
import kotlin.random.Random

/** Drives a [SpanHeap] at random, and knows from the outside what must be true of it after every step. */
internal class SpanModel(private val platform: SimulatedPlatform, limit: Long, private val random: Random) {
    private val leaf = BudgetLeaf("store", limit, null)
    val heap = SpanHeap(platform, leaf)
    private val page = platform.pageSize
    private val held = ArrayList<Span>()
    private val lengths = HashMap<Span, Int>()
    private val ids = HashMap<Span, Long>()
    private val addresses = HashMap<Span, Long>()

    fun step() {
        when (random.nextInt(10)) {
            0, 1, 2, 3 -> take()
            4, 5, 6 -> if (held.isNotEmpty()) free(held[random.nextInt(held.size)])
            7 -> if (held.isNotEmpty()) extend(held[random.nextInt(held.size)])
            8 -> if (held.isNotEmpty()) shrink(held[random.nextInt(held.size)])
            else -> reclaim()
        }
    }

    private fun take() = take(if (random.nextInt(20) == 0) 1 + random.nextInt(1500) else 1 + random.nextInt(30))

    fun take(pages: Int) {
        val before = leaf.reserved
        val span = heap.take(pages, paid = true)
        if (span == null) {
            check(leaf.reserved == before) { "a refused take kept ${leaf.reserved - before} bytes" }
            return
        }
        check(span.pages == pages) { "$pages pages requested, got $span" }
        platform.touch(span.address, pages * page)
        held += span
        lengths[span] = pages
        ids[span] = heap.pageIdOf(span.address)
        addresses[span] = span.address
    }

    private fun free(span: Span) {
        held -= span
        lengths.remove(span)
        heap.giveBack(span)
    }

    private fun extend(span: Span) {
        val pages = lengths.getValue(span) + 1 + random.nextInt(20)
        val before = leaf.reserved
        if (heap.tryExtend(span, pages)) {
            platform.touch(span.address, pages * page)
            lengths[span] = pages
        } else {
            check(leaf.reserved == before) { "a refused extension kept ${leaf.reserved - before} bytes" }
        }
    }

    private fun shrink(span: Span) {
        val pages = lengths.getValue(span)
        if (pages == 1) return
        val less = 1 + random.nextInt(pages - 1)
        heap.shrink(span, less)
        lengths[span] = less
    }

    private fun reclaim() {
        val before = leaf.reserved
        if (random.nextInt(8) == 0) {
            check(heap.trim() == before - leaf.reserved) { "the trim did not count right" }
        } else if (!heap.dropOldest(1 + random.nextLong(100 * page))) {
            check(leaf.reserved == before) { "a refused drop changed the leaf" }
        }
    }

    /** No overlap, coalescing complete, totals exact, ids stable. */
    fun check() {
        var heldPages = 0L
        for (span in held) {
            check(!span.free && span.pages == lengths[span]) { "$span should have ${lengths[span]} pages" }
            check(span.address == addresses[span] && heap.addressOfPage(ids.getValue(span)) == span.address) {
                "$span has moved"
            }
            check(heap.spanAt(span.address) === span) { "$span is not on the map" }
            heldPages += span.pages
        }
        checkRegions(heldPages)
        check(leaf.reserved == heap.residentBytes) { "leaf ${leaf.reserved}, heap ${heap.residentBytes}" }
        check(platform.residentBytes == leaf.reserved) {
            "system ${platform.residentBytes}, leaf ${leaf.reserved}"
        }
        check(platform.mappedBytes == heap.mappedBytes) { "system ${platform.mappedBytes}, heap ${heap.mappedBytes}" }
        if (platform.discards) {
            check(heap.idleBytes == leaf.reserved - heldPages * page) { "${heap.idleBytes} bytes idle" }
        }
    }

    private fun checkRegions(heldPages: Long) {
        val taken = TreeMap<Long, Span>()
        for (span in held) check(taken.put(span.address, span) == null) { "two spans at ${span.address}" }
        var seen = 0L
        for (region in heap.allRegions) {
            var at = 0
            var lastFree = false
            while (at < region.pages) {
                val span = checkNotNull(region.spanOf(at)) { "no span has page $at" }
                check(span.first == at && span.region === region) { "$span is on the map at page $at" }
                check(!(lastFree && span.free)) { "$span is free, and so is what lies before it" }
                if (!span.free) {
                    check(taken[span.address] === span) { "$span was never taken" }
                    seen += span.pages
                }
                lastFree = span.free
                at = span.until
            }
            check(at == region.pages) { "the last span ends at page $at of ${region.pages}" }
        }
        check(seen == heldPages) { "$seen pages on the map are taken, $heldPages were" }
    }

    /** Everything goes back, and nothing stays. */
    fun end() {
        held.toList().forEach(::free)
        heap.trim()
        check(leaf.reserved == 0L && platform.mappedBytes == 0L) {
            "${leaf.reserved} bytes paid for, ${platform.mappedBytes} mapped"
        }
    }
}
