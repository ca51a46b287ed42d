package dev.leasehold.memory.internal.store

import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.tryDiscard
import dev.leasehold.memory.internal.platform.tryUnmap
import java.util.Collections
import java.util.IdentityHashMap

/**
 * Blocks above the largest size class: a mapping each. Under the store's lock, [resize] aside.
 *
 * A few idle ones are kept, newest last, because a fresh mapping costs a page fault a page. A request takes the best
 * fit among them if no more than a quarter of it would be wasted.
 */
internal class LargeBlocks(private val platform: Platform, private val leaf: BudgetLeaf) {
    class Region(val address: Long, val bytes: Long) {
        /** Whether the leaf pays for it. */
        var paid: Boolean = true
    }

    private val idle = ArrayDeque<Region>()
    private val out: MutableSet<Region> = Collections.newSetFromMap(IdentityHashMap())

    /** How many bytes of idle blocks are kept. */
    var idleBytes: Long = 0
        private set

    fun take(size: Long): Region? {
        val bytes = roundToPages(size)
        val fit = idle.filter { it.bytes >= bytes && it.bytes - bytes <= it.bytes / 4 }.minByOrNull { it.bytes }
        if (fit != null) {
            idle.remove(fit)
            idleBytes -= fit.bytes
            out.add(fit)
            return fit
        }
        if (!leaf.tryReserve(bytes)) return null
        val address = platform.map(bytes)
        if (address != 0L) return Region(address, bytes).also(out::add)
        leaf.release(bytes)
        return null
    }

    /** Keeps [region] for the next request; one so large that none like it is likely to follow goes to the system. */
    fun giveBack(region: Region) {
        out.remove(region)
        idleBytes += region.bytes
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
        if (!platform.remaps || (more > 0 && !leaf.tryReserve(more))) return null
        val address = platform.remap(region.address, region.bytes, bytes, mayMove)
        if (address == 0L) {
            if (more > 0) leaf.release(more)
            return null
        }
        if (more < 0) leaf.release(-more)
        return Region(address, bytes)
    }

    /** Gives the block that is idle for the longest time back to the system; false when it refuses, or none is idle. */
    fun dropOldest(): Boolean {
        val region = idle.firstOrNull() ?: return false
        if (!platform.tryUnmap(region.address, region.bytes)) return false
        idle.removeFirst()
        leaf.release(region.bytes)
        idleBytes -= region.bytes
        return true
    }

    /** Gives every idle block back to the system; returns how many bytes went. */
    @IgnorableReturnValue
    fun trim(): Long {
        val before = idleBytes
        while (dropOldest()) continue
        return before - idleBytes
    }

    /** Forgets [region], which is about to be [resized][resize], until [show]. */
    fun hide(region: Region) {
        out.remove(region)
    }

    /** Knows [region] again. */
    fun show(region: Region) {
        out.add(region)
    }

    /** Takes the pages of every block away, also of those in use; only [show] and [unmapAll] may follow. */
    fun abandon() {
        trim()
        for (region in out.toList()) abandon(region)
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
    }

    /** Gives every block back, after [abandon]. */
    fun unmapAll() {
        trim()
        for (region in out.toList()) {
            if (!platform.tryUnmap(region.address, region.bytes)) continue
            out.remove(region)
            stopPaying(region)
        }
    }

    /** How many bytes a block of [bytes] has, which ends with a page. */
    fun roundToPages(bytes: Long) = Math.addExact(bytes, platform.pageSize - 1) and -platform.pageSize

    private companion object {
        /** The largest block that is kept, in bytes. */
        const val MOST_KEPT = 64L shl 20
    }
}
