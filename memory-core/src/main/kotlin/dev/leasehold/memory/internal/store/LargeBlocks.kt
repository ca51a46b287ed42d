package dev.leasehold.memory.internal.store

import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.Hollows
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.giveUp
import dev.leasehold.memory.internal.platform.tryDiscard
import dev.leasehold.memory.internal.platform.tryUnmap

/**
 * Blocks above the largest size class: a mapping each. Under the store's lock, [resize] aside.
 *
 * Idle ones are kept for a while, newest last, because a fresh mapping costs a page fault a page. A request takes the
 * best fit among them if no more than a quarter of it would be wasted, and next one that the system has not taken back
 * but for its pages.
 */
internal class LargeBlocks(private val platform: Platform, private val leaf: BudgetLeaf) {
    class Region(address: Long, val bytes: Long) : SplayNode<Region>() {
        /** Where it lies. Set again only before it is known to any other. */
        var address: Long = address

        /** Whether the leaf pays for it. */
        var paid: Boolean = true

        override val rank: Long get() = bytes

        override val order: Long get() = address
    }

    private val hollows = Hollows.of(platform)
    private val idle = Chain<Region>()
    private val bySize = SplayTree<Region>()
    private val out = Chain<Region>()

    /** How many bytes of idle blocks are kept. */
    var idleBytes: Long = 0
        private set

    fun take(size: Long): Region? {
        val bytes = roundToPages(size)
        val fit = bySize.ceiling(bytes, Long.MIN_VALUE)
        if (fit != null && fit.bytes - bytes <= fit.bytes / 4) {
            leaveIdle(fit)
            out.addLast(fit)
            return fit
        }
        if (!leaf.tryReserve(bytes)) return null
        var region: Region? = null
        try {
            region = takeHollow(bytes) ?: takeFresh(bytes)
        } finally {
            if (region == null) leaf.release(bytes)
        }
        return region
    }

    /** One that is mapped already and has no pages, for which the leaf pays [bytes] by now. */
    private fun takeHollow(bytes: Long): Region? {
        var has = bytes
        val address = hollows.take(bytes) { length ->
            (length == bytes || leaf.tryReserve(length - bytes)).also { if (it) has = length }
        }
        return if (address == 0L) null else enter(address, has, has - bytes)
    }

    private fun takeFresh(bytes: Long): Region? {
        val address = platform.map(bytes)
        return if (address == 0L) null else enter(address, bytes, 0)
    }

    private fun enter(address: Long, bytes: Long, paidBesides: Long): Region {
        try {
            val region = Region(address, bytes)
            out.addLast(region)
            Events.tell { it.mapped(leaf.name, bytes) }
            return region
        } catch (full: OutOfMemoryError) {
            platform.unmap(address, bytes)
            if (paidBesides > 0) leaf.release(paidBesides)
            throw full
        }
    }

    private fun leaveIdle(region: Region) {
        idle.remove(region)
        val left = bySize.remove(region)
        check(left) { "the block of ${region.bytes} bytes is not idle" }
        idleBytes -= region.bytes
    }

    /** Keeps [region] for the next request; one so large that none like it is likely to follow goes to the system. */
    fun giveBack(region: Region) {
        out.remove(region)
        idleBytes += region.bytes
        val entered = bySize.add(region)
        check(entered) { "the block of ${region.bytes} bytes came back twice" }
        if (region.bytes <= MOST_KEPT) return idle.addLast(region)
        idle.addFirst(region)
        val _ = dropOldest()
    }

    /**
     * Needs no lock. Makes [region] at least [size] bytes long, or, where that is less than it has, no longer than they
     * need. Its contents stay; with [mayMove] its address may change. What is longer is paid for before the system
     * call.
     *
     * @return what takes the place of [region], or null when neither the limit nor the system allows it, and nothing
     *   has changed
     */
    fun resize(region: Region, size: Long, mayMove: Boolean): Region? {
        val bytes = maxOf(platform.pageSize, roundToPages(size))
        val more = bytes - region.bytes
        if (more == 0L) return region
        if (!platform.remaps) return null
        // Made before the system moves anything: the heap may be full.
        val resized = Region(0, bytes)
        if (more > 0 && !leaf.tryReserve(more)) return null
        val address = platform.remap(region.address, region.bytes, bytes, mayMove)
        if (address == 0L) {
            if (more > 0) leaf.release(more)
            return null
        }
        if (more < 0) leaf.release(-more)
        resized.address = address
        Events.tell { if (more > 0) it.mapped(leaf.name, more) else it.unmapped(leaf.name, -more) }
        return resized
    }

    /** Gives the block that is idle for the longest time back to the system; false when it refuses, or none is idle. */
    fun dropOldest(): Boolean {
        val region = idle.first ?: return false
        if (!platform.giveUp(region.address, region.bytes)) return false
        leaveIdle(region)
        leaf.release(region.bytes)
        unmapped(region)
        return true
    }

    /** Gives every idle block back to the system; returns how many bytes went. */
    @IgnorableReturnValue
    fun trim(): Long {
        val before = idleBytes
        while (dropOldest()) continue
        hollows.unmapSome(platform, MOST_UNMAPPED)
        return before - idleBytes
    }

    /** Forgets [region], which is about to be [resized][resize], until [show]. */
    fun hide(region: Region) {
        out.remove(region)
    }

    /** Knows [region] again. */
    fun show(region: Region) {
        out.addLast(region)
    }

    /** Takes the pages of every block away, also of those in use; only [show] and [unmapAll] may follow. */
    fun abandon() {
        trim()
        eachOut(::abandon)
    }

    /** Takes the pages of [region] away. */
    fun abandon(region: Region) {
        val gone = if (platform.discards) {
            platform.tryDiscard(region.address, region.bytes)
        } else {
            platform.tryUnmap(region.address, region.bytes).also { if (it) out.remove(region) }
        }
        // What the system refuses stays paid for until it is unmapped.
        if (gone) stopPaying(region)
    }

    private fun stopPaying(region: Region) {
        if (!region.paid) return
        region.paid = false
        leaf.release(region.bytes)
        unmapped(region)
    }

    private fun unmapped(region: Region): Unit = Events.tell { it.unmapped(leaf.name, region.bytes) }

    /** Gives every block back, after [abandon]. */
    fun unmapAll() {
        trim()
        eachOut { region ->
            if (platform.giveUp(region.address, region.bytes)) {
                out.remove(region)
                stopPaying(region)
            }
        }
    }

    private inline fun eachOut(action: (Region) -> Unit) {
        var next = out.first
        while (next != null) {
            val region = next
            // Before the action, which may take it out.
            next = region.behind
            action(region)
        }
    }

    /** How many bytes a block of [bytes] has, which ends with a page. */
    fun roundToPages(bytes: Long) = Math.addExact(bytes, platform.pageSize - 1) and -platform.pageSize

    private companion object {
        /** The largest block that is kept, in bytes. */
        const val MOST_KEPT = 64L shl 20

        /** How many mappings without pages go in one step, under the lock. */
        const val MOST_UNMAPPED = 1024
    }
}
