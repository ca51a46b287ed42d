package dev.leasehold.memory.internal.slab

import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.tryUnmap

/**
 * Blocks above the largest size class: a mapping each. Under the store's lock, [resize] aside.
 *
 * A few idle ones are kept, newest last, because a fresh mapping costs a page fault a page. A request takes the best
 * fit among them if no more than a quarter of it would be wasted.
 */
internal class LargeBlocks(private val platform: Platform, private val account: Account) {
    class Region(val address: Long, val bytes: Long)

    private val idle = ArrayDeque<Region>()

    /** How many bytes of idle blocks are kept. */
    var idleBytes: Long = 0
        private set

    fun take(size: Long): Region? {
        val bytes = roundToPages(size)
        val fit = idle.filter { it.bytes >= bytes && it.bytes - bytes <= it.bytes / 4 }.minByOrNull { it.bytes }
        if (fit != null) {
            idle.remove(fit)
            idleBytes -= fit.bytes
            return fit
        }
        if (!account.tryReserve(bytes)) return null
        val address = platform.map(bytes)
        if (address != 0L) return Region(address, bytes)
        account.release(bytes)
        return null
    }

    /** Keeps [region] for the next request. */
    fun giveBack(region: Region) {
        idle.addLast(region)
        idleBytes += region.bytes
    }

    /**
     * Needs no lock. Makes [region] at least [size] bytes long, or, where that is less than it has, no longer than they need.
     * Its contents stay; with [mayMove] its address may change. What is longer is paid for before the system is asked.
     *
     * @return what takes the place of [region], or null when neither the limit nor the system allows it, and nothing
     *   has changed
     */
    fun resize(region: Region, size: Long, mayMove: Boolean): Region? {
        val bytes = maxOf(platform.pageSize, roundToPages(size))
        val more = bytes - region.bytes
        if (more == 0L) return region
        if (!platform.remaps || (more > 0 && !account.tryReserve(more))) return null
        val address = platform.remap(region.address, region.bytes, bytes, mayMove)
        if (address == 0L) {
            if (more > 0) account.release(more)
            return null
        }
        if (more < 0) account.release(-more)
        return Region(address, bytes)
    }

    /** Gives the block that is idle for the longest time back to the system; false when it refuses, or none is idle. */
    fun dropOldest(): Boolean {
        val region = idle.firstOrNull() ?: return false
        if (!platform.tryUnmap(region.address, region.bytes)) return false
        idle.removeFirst()
        account.release(region.bytes)
        idleBytes -= region.bytes
        return true
    }

    /** Gives every idle block back to the system; answers how many bytes went. */
    fun trim(): Long {
        val before = idleBytes
        while (dropOldest()) continue
        return before - idleBytes
    }

    private fun roundToPages(bytes: Long) = Math.addExact(bytes, platform.pageSize - 1) and -platform.pageSize
}
