package dev.leasehold.memory.internal.store

import dev.leasehold.memory.internal.block.Bits
import dev.leasehold.memory.internal.block.SizeClasses

/**
 * A span cut into blocks of one class. Under the store's lock.
 *
 * Which blocks are free is a bitmap on the heap: nothing is written into free memory, so what a stale view could still
 * write cannot harm the bookkeeping. A second one says which of the free blocks are *ready*: all their pages are here.
 * Taking a ready block finds a bit and counts; taking another one pays for its pages first. How many blocks in use
 * touch a page is counted too, so that a page in the middle of a slab is known to be idle as soon as it is.
 */
internal class Slab(private val heap: SpanHeap, val span: Span, val classIndex: Int, private val page: Long) :
    SplayNode<Slab>() {
    private val blockSize = SizeClasses.sizeOf(classIndex)
    private val address = span.address
    private val resident = span.region.resident

    /** How many blocks there are. */
    val capacity: Int = (span.pages * page / blockSize).toInt()

    private val free = Bits(capacity).apply { setAll() }
    private val ready = Bits(capacity)
    private val users = ShortArray(span.pages)

    // No ready block lies before this one.
    private var hint = 0

    /** Among which slabs of its class this one waits; kept by [OpenSlabs]. */
    var place: OpenSlabs.Place = OpenSlabs.Place.NONE

    init {
        findReady(0, span.pages)
        heap.nowIdle(span, resident.countIn(span.first, span.until))
    }

    val isEmpty: Boolean get() = free.count == capacity
    val isFull: Boolean get() = free.count == 0

    /** How many blocks are out. */
    val out: Int get() = capacity - free.count

    /** How many blocks can be taken without a payment. */
    val readyBlocks: Int get() = ready.count

    /** Whether a block can be taken without a payment. */
    val isReady: Boolean get() = ready.count > 0

    override val rank: Long get() = 0

    /** Older regions first, and in a region from its begin: what is young gets empty. */
    override val order: Long = span.id

    // ---- taking ----

    /** Takes the first ready block, of which there is one. */
    fun take(): Long {
        val index = ready.nextSet(hint)
        hint = index + 1
        free.clear(index)
        ready.clear(index)
        use(index)
        return address + index * blockSize
    }

    /**
     * Pays for a block of which pages are away, so that it is ready. Tries those that cost fewer than [below] pages.
     *
     * @return 0 when a block is ready now, else the least number of pages that could not be paid for, or [below]
     */
    fun payForBlock(below: Int): Int {
        var bound = below
        var index = free.nextSet(0)
        while (index >= 0 && bound > 1) {
            val cost = costOf(index)
            if (cost < bound) {
                if (heap.pay(span, firstPage(index), lastPage(index) + 1)) {
                    arrived(firstPage(index), lastPage(index) + 1)
                    return 0
                }
                bound = cost
            }
            index = free.nextSet(index + 1)
        }
        return bound
    }

    private fun costOf(index: Int): Int {
        val from = span.first + firstPage(index)
        val until = span.first + lastPage(index) + 1
        return until - from - resident.countIn(from, until)
    }

    private fun arrived(from: Int, until: Int) {
        findReady(from, until)
        recountIdle()
    }

    /** Marks the free blocks that touch the pages from [from] to the one before [until] as ready, if they are. */
    private fun findReady(from: Int, until: Int) {
        for (index in firstBlock(from)..lastBlock(until)) {
            if (!free[index] || costOf(index) > 0) continue
            ready.set(index)
            hint = minOf(hint, index)
        }
    }

    private fun firstBlock(from: Int): Int = (from * page / blockSize).toInt()

    private fun lastBlock(until: Int): Int = minOf(capacity - 1L, (until * page - 1) / blockSize).toInt()

    private fun firstPage(index: Int): Int = (index * blockSize / page).toInt()

    private fun lastPage(index: Int): Int = ((index * blockSize + blockSize - 1) / page).toInt()

    private fun use(index: Int) {
        var idle = span.idle
        for (at in firstPage(index)..lastPage(index)) if (users[at]++ == UNUSED) idle--
        if (idle != span.idle) heap.nowIdle(span, idle)
    }

    // ---- giving back ----

    /** Takes the block at [block] back. */
    fun giveBack(block: Long) {
        val index = ((block - address) / blockSize).toInt()
        check(block == address + index * blockSize) { "no block of class $classIndex begins at $block" }
        check(!free[index]) { "the block at $block of class $classIndex came back twice" }
        free.set(index)
        ready.set(index)
        hint = minOf(hint, index)
        var idle = span.idle
        for (at in firstPage(index)..lastPage(index)) if (--users[at] == UNUSED) idle++
        if (idle != span.idle) heap.nowIdle(span, idle)
    }

    /** Discards every run of idle pages; returns whether any went. */
    fun discardIdle(residency: Residency): Boolean {
        var any = false
        var at = 0
        while (at < users.size) {
            val from = at
            while (at < users.size && isIdle(at)) at++
            if (at == from) {
                at++
            } else if (residency.discard(span.region, span.first + from, span.first + at)) {
                for (index in firstBlock(from)..lastBlock(at)) ready.clear(index)
                any = true
            }
        }
        recountIdle()
        return any
    }

    private fun isIdle(at: Int) = users[at] == UNUSED && resident[span.first + at]

    private fun recountIdle() {
        var idle = 0
        for (at in 0 until users.size) if (isIdle(at)) idle++
        heap.nowIdle(span, idle)
    }

    private companion object {
        const val UNUSED: Short = 0
    }
}
