package dev.leasehold.memory.internal.store

import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.Ground
import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.platform.Platform
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.locks.ReentrantLock
import java.util.function.LongSupplier
import kotlin.concurrent.withLock

/**
 * The ground of a pool or a manager: small blocks out of slabs, medium ones and pages out of spans, large ones mapped
 * one by one.
 *
 * Everything here is under [lock] and away from the hot path: caches and the depot keep what is used again soon, and
 * come here for a magazine at a time. Every page is paid for from the [leaf] before it is used. What is idle goes back
 * by itself as soon as it exceeds [idleBound].
 */
internal class SlabStore(platform: Platform, val leaf: BudgetLeaf, private val idleBound: LongSupplier) : Ground {
    @JvmField val lock = ReentrantLock()

    private val heap = SpanHeap(platform, leaf)
    private val page = platform.pageSize
    private val shape = SlabShape(page)
    private val open = Array(SizeClasses.COUNT) { OpenSlabs() }
    private val large = LargeBlocks(platform, leaf)

    /** How many bytes of blocks and pages are out: in caches, in the depot, quarantined or in use. */
    var outBytes: Long = 0
        private set

    private val returnCount = AtomicLong()

    /** How often something has come back. From any thread, which sees at least what it brought back itself. */
    val returns: Long get() = returnCount.get()

    private fun cameBack(bytes: Long) {
        outBytes -= bytes
        comesBack()
    }

    /**
     * Counts one more [return][returns]. Called also before something is taken from where it can be found, to be
     * brought here: a thread that finds it gone then finds that the count has changed.
     */
    fun comesBack(): Unit = returnCount.lazySet(returnCount.get() + 1)

    /** For how many bytes the leaf needs room, at the least, for a block of [size] bytes of the kind [code]. */
    fun leastBytes(code: Int, size: Long): Long = when {
        code == BlockKind.LARGE -> size + page - 1 and -page
        shape.isSpan(code) -> minOf(SizeClasses.sizeOf(code), size + page - 1 and -page)
        else -> page
    }

    // ---- blocks of a size class ----

    /** Takes a block of [classIndex]; 0 when neither the limit nor the system allows one. */
    fun take(classIndex: Int): Long {
        if (dead) return 0
        val isSpan = shape.isSpan(classIndex)
        val address = if (isSpan) takeSpan(shape.pagesOfBlock(classIndex)) else takeFromSlab(classIndex)
        if (address != 0L) outBytes += SizeClasses.sizeOf(classIndex)
        noteIdle()
        return address
    }

    private fun takeSpan(pages: Int): Long {
        val span = heap.take(pages, paid = true) ?: afterTrim { heap.take(pages, paid = true) }
        return span?.address ?: 0
    }

    private fun takeFromSlab(classIndex: Int): Long {
        val usual = usualPages(classIndex)
        var address = takeFromSlab(classIndex, usual)
        if (address == 0L) address = afterTrim { takeFromSlab(classIndex, usual) }
        val least = shape.pagesOfBlock(classIndex)
        return if (address == 0L && least < usual) takeFromSlab(classIndex, least) else address
    }

    // Where a slab is paid for whole, it must be a small part of a limit, or a few classes would take all of it.
    private fun usualPages(classIndex: Int): Int {
        val usual = shape.usualPages(classIndex)
        if (heap.discards) return usual
        val part = minOf(leaf.leastLimit / SLABS_A_LIMIT / page, usual.toLong())
        return maxOf(part.toInt(), shape.pagesOfBlock(classIndex))
    }

    private fun takeFromSlab(classIndex: Int, pages: Int): Long {
        val slabs = open[classIndex]
        val address = slabs.take()
        if (address != 0L) return address
        val span = heap.take(pages, paid = false) ?: return 0
        val slab = slabOf(span, classIndex)
        span.slab = slab
        span.region.enterEveryPage(span)
        slabs.settle(slab)
        return slabs.take().also { if (slab.isEmpty) close(slab) }
    }

    private fun slabOf(span: Span, classIndex: Int): Slab {
        try {
            return Slab(heap, span, classIndex, page)
        } catch (full: OutOfMemoryError) {
            heap.giveBack(span)
            throw full
        }
    }

    private fun close(slab: Slab) {
        open[slab.classIndex].remove(slab)
        heap.giveBack(slab.span)
    }

    private inline fun <T> afterTrim(attempt: () -> T): T {
        trim()
        return attempt()
    }

    /** Takes the block at [address] back. */
    override fun giveBack(address: Long) {
        putBack(address)
        keepBound()
    }

    /** Takes [magazine]'s blocks back. */
    fun giveBackAll(magazine: Magazine) {
        while (magazine.count > 0) putBack(magazine.pop())
        keepBound()
    }

    private fun putBack(address: Long) {
        if (dead) return
        val span = spanOf(address)
        val slab = span.slab
        if (slab == null) {
            cameBack(span.pages * page)
            return heap.giveBack(span)
        }
        slab.giveBack(address)
        cameBack(SizeClasses.sizeOf(slab.classIndex))
        if (slab.isEmpty) close(slab) else open[slab.classIndex].settle(slab)
    }

    private fun spanOf(address: Long): Span {
        val span = heap.spanAt(address)
        check(span != null && !span.free && (span.slab != null || span.address == address)) {
            "no block of this store begins at $address, or it came back before"
        }
        return span
    }

    // ---- in place ----

    /** Whether blocks of [classIndex] are spans, which grow and shrink in place. */
    fun isSpan(classIndex: Int): Boolean = shape.isSpan(classIndex)

    /**
     * Makes the block at [address], a span of [fromClass], one of [toClass] where it lies, at the cost of the free
     * pages behind it; false, and nothing changed, when they are too few or the limit does not allow them.
     */
    fun tryExtend(address: Long, fromClass: Int, toClass: Int): Boolean {
        if (dead) return false
        val span = block(address, fromClass)
        val pages = shape.pagesOfBlock(toClass)
        // What is idle elsewhere is no reason to refuse what there is room for.
        val extended = heap.hasRoom(span, pages) &&
            (heap.tryExtend(span, pages) || afterTrim { heap.tryExtend(span, pages) })
        if (!extended) return false
        outBytes += SizeClasses.sizeOf(toClass) - SizeClasses.sizeOf(fromClass)
        return true
    }

    /** Makes the block at [address], a span of [fromClass], one of [toClass], and gives its tail back. */
    fun shrink(address: Long, fromClass: Int, toClass: Int) {
        if (dead) return
        heap.shrink(block(address, fromClass), shape.pagesOfBlock(toClass))
        cameBack(SizeClasses.sizeOf(fromClass) - SizeClasses.sizeOf(toClass))
        keepBound()
    }

    private fun block(address: Long, classIndex: Int): Span {
        val span = spanOf(address)
        check(span.slab == null && span.pages == shape.pagesOfBlock(classIndex)) {
            "the block at $address is not one of class $classIndex: $span"
        }
        return span
    }

    // ---- large blocks ----

    /** How many bytes a new block of its own mapping has for a request of [size]. Needs no lock. */
    fun largeBytes(size: Long): Long = large.roundToPages(size)

    /** Takes a block of its own mapping of at least [size] bytes, or null when the limit or the system refuses. */
    fun takeLarge(size: Long): LargeBlocks.Region? {
        if (dead) return null
        val region = large.take(size) ?: afterTrim { large.take(size) }
        if (region != null) outBytes += region.bytes
        noteIdle()
        return region
    }

    /**
     * Makes [region] longer or shorter, see [LargeBlocks.resize]; null, and nothing changed, when that is not possible.
     * Takes the lock only for a moment, for moving the pages of a large block takes the system long.
     */
    fun resizeLarge(region: LargeBlocks.Region, size: Long, mayMove: Boolean): LargeBlocks.Region? {
        lock.withLock {
            if (dead) return null
            large.hide(region)
        }
        var resized: LargeBlocks.Region? = null
        try {
            resized = large.resize(region, size, mayMove)
            if (resized == null && mayMove && lock.withLock { trim() } > 0) resized = large.resize(region, size, true)
        } finally {
            lock.withLock { show(region, resized ?: region) }
        }
        return resized
    }

    private fun show(before: LargeBlocks.Region, after: LargeBlocks.Region) {
        large.show(after)
        outBytes += after.bytes - before.bytes
        // All was taken back meanwhile.
        if (dead) large.abandon(after)
    }

    fun giveBackLarge(region: LargeBlocks.Region) {
        if (dead) return
        cameBack(region.bytes)
        large.giveBack(region)
        keepBound()
    }

    // ---- pages ----

    /** How many bytes a page has. */
    val pageSize: Long get() = page

    /** Takes [count] pages that lie together; the address of the first, or 0 when the limit or the system refuses. */
    fun takePages(count: Int): Long {
        require(count > 0) { "$count pages cannot be taken" }
        if (dead) return 0
        val address = takeSpan(count)
        if (address != 0L) outBytes += count * page
        noteIdle()
        return address
    }

    /** Takes the [count] pages at [address] back, which were taken together. */
    fun giveBackPages(address: Long, count: Int) {
        if (dead) return
        check(spanOf(address, count).address == address)
        giveBack(address)
    }

    private fun spanOf(pages: Pages): Span = spanOf(pages.address, pages.count)

    private fun spanOf(address: Long, count: Int): Span {
        val span = spanOf(address)
        check(span.slab == null && span.pages == count) { "$count pages at $address were not taken together: $span" }
        return span
    }

    // ---- pages that are found by id ----

    /** Takes [pages], which are found by their ids from now on; false when they cannot be had. */
    fun takePages(pages: Pages): Boolean {
        val address = takePages(pages.count)
        if (address == 0L) return false
        pages.placed(address, heap.pageIdOf(address))
        try {
            heap.find(spanOf(pages), 0, pages)
        } catch (failure: OutOfMemoryError) {
            giveBackPages(address, pages.count)
            throw failure
        }
        return true
    }

    /** Takes [pages] back: nothing is found by their ids any more. */
    fun giveBackPages(pages: Pages) {
        if (dead) return
        heap.find(spanOf(pages), 0, null)
        giveBack(pages.address)
    }

    /** Extends [pages] to [wanted] by the free pages behind them; false, and nothing changed, when that is refused. */
    fun tryExtendPages(pages: Pages, wanted: Int): Boolean {
        if (dead) return false
        val span = spanOf(pages)
        if (!heap.tryExtend(span, wanted)) return false
        heap.find(span, pages.count, pages)
        outBytes += (wanted - pages.count) * page
        return true
    }

    /** Whether the free pages behind [pages] are enough to make them [wanted] long. */
    fun hasRoomFor(pages: Pages, wanted: Int): Boolean = !dead && heap.hasRoom(spanOf(pages), wanted)

    /** Takes all but the first [wanted] of [pages] back. */
    fun shrinkPages(pages: Pages, wanted: Int) {
        if (dead) return
        val span = spanOf(pages)
        heap.find(span, wanted, null)
        heap.shrink(span, wanted)
        cameBack((pages.count - wanted) * page)
        keepBound()
    }

    /** The pages that have the page [id], or null. From any thread. */
    fun pagesOf(id: Long): Pages? = heap.pagesOf(id)

    /** The id of the page that holds [address]: the same while its region is mapped; -1 when it is unknown. */
    fun pageIdOf(address: Long): Long = heap.pageIdOf(address)

    /** Where the page [id] lies, or 0 when its region is gone. */
    fun addressOfPage(id: Long): Long = heap.addressOfPage(id)

    // ---- figures ----

    /**
     * Adds the blocks and slabs to [sum], and returns how many bytes are out. Takes the lock for some spans at a time,
     * and others get it in between: so what was merged or cut meanwhile may count twice, or not at all.
     */
    fun addTo(sum: Occupancy): Long {
        for (region in heap.allRegions) {
            var page = 0
            while (page < region.pages) page = lock.withLock { addSpans(region, page, sum) }
        }
        return lock.withLock { outBytes }
    }

    /** Adds the next spans of [region] that begin at the page [from] or behind it; returns the page to go on with. */
    private fun addSpans(region: Region, from: Int, sum: Occupancy): Int {
        if (dead) return region.pages
        var page = from
        var left = SPANS_AT_ONCE
        while (page < region.pages && left-- > 0) {
            val span = region.spanOf(page)
            // Where it went on, a span may have been merged with the one before.
            if (span == null || span.first != page) {
                page++
                continue
            }
            if (!span.free) addSpan(span, sum)
            page = span.until
        }
        return page
    }

    private fun addSpan(span: Span, sum: Occupancy) {
        val slab = span.slab
        if (slab != null) return sum.addSlab(slab.classIndex, slab.capacity, slab.out, slab.readyBlocks)
        val bytes = span.pages * page
        if (!SizeClasses.holds(bytes) || span.region.pagesOf(span.first) != null) return
        val classIndex = SizeClasses.indexOf(bytes)
        if (shape.isSpan(classIndex) && SizeClasses.sizeOf(classIndex) == bytes) sum.addSpan(classIndex)
    }

    // ---- the end ----

    private var dead = false

    /** Takes all pages away, also those in use, and neither gives nor takes anything from then on. */
    fun abandon(): ReleasedMappings {
        dead = true
        heap.abandon()
        large.abandon()
        // Nothing of what it has can go back from here on.
        idle.lazySet(0)
        return ReleasedMappings(heap, large)
    }

    // ---- what is idle ----

    // Going a step below the bound, so that a system call frees a part of the bound and not a block.
    private fun keepBound() {
        // What is dead keeps no leaf of its pages.
        if (dead) return
        val bound = maxOf(0, idleBound.asLong)
        if (idleBytes > bound) counted { dropTo(bound) }
        noteIdle()
    }

    private val idle = AtomicLong()

    /** How many idle bytes could go back to the system. From any thread: a moment's truth. */
    val idleNow: Long get() = idle.get()

    /** The least that [idleNow] was since [beginPeriod]. */
    var leastIdle: Long = 0
        private set

    /** Begins a new period for [leastIdle]. */
    fun beginPeriod() {
        leastIdle = idleBytes
    }

    private fun noteIdle() {
        val now = idleBytes
        idle.lazySet(now)
        if (now < leastIdle) leastIdle = now
    }

    /** Gives [bytes] of what is idle back to the system, as far as there are so many. */
    fun purge(bytes: Long) {
        if (dead) return
        counted { dropBelow(maxOf(0, idleBytes - bytes)) }
        noteIdle()
    }

    private fun dropTo(bound: Long): Unit = dropBelow(bound - bound / BOUND_STEP)

    private fun dropBelow(target: Long) {
        while (idleBytes > target) {
            val gone = if (large.idleBytes > heap.idleBytes) large.dropOldest() else heap.dropOldest(idleBytes - target)
            if (!gone) return
        }
    }

    private val idleBytes get() = large.idleBytes + heap.idleBytes

    /** How many idle bytes ever went back to the system, by [trim] and by themselves. */
    var returnedBytes: Long = 0
        private set

    /** Gives every idle page and every idle large block back to the system; returns how many bytes went. */
    @IgnorableReturnValue
    fun trim(): Long = if (dead) 0 else counted { large.trim() + heap.trim() }.also { noteIdle() }

    // Not by the leaf, which large blocks that are resized change without the lock.
    private inline fun <T> counted(action: () -> T): T {
        val before = heap.residentBytes + large.idleBytes
        return action().also { returnedBytes += before - heap.residentBytes - large.idleBytes }
    }

    private companion object {
        const val SLABS_A_LIMIT = 16L

        // Some tens of microseconds.
        const val SPANS_AT_ONCE = 512
        const val BOUND_STEP = 8
    }
}
