package dev.leasehold.memory.internal.slab

import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.tryUnmap

/**
 * Blocks above the largest size class: a mapping each. Under the store's lock.
 *
 * A few idle ones are kept, newest last, because a fresh mapping costs a page fault a page. A request takes the best
 * fit among them if no more than a quarter of it would be wasted.
 */
internal class LargeBlocks(private val platform: Platform, private val account: Account) {
    class Region(val address: Long, val bytes: Long)

    private val idle = ArrayDeque<Region>()
    private var idleBytes = 0L

    fun take(size: Long): Region? {
        val bytes = Math.addExact(size, platform.pageSize - 1) and -platform.pageSize
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

    /** Keeps [region] for the next request; the oldest idle ones go until at most [keepUpTo] bytes are idle. */
    fun giveBack(region: Region, keepUpTo: Long) {
        idle.addLast(region)
        idleBytes += region.bytes
        while (idleBytes > maxOf(0, keepUpTo) && unmapOldest()) continue
    }

    fun trim(): Long {
        val before = idleBytes
        while (idle.isNotEmpty() && unmapOldest()) continue
        return before - idleBytes
    }

    private fun unmapOldest(): Boolean {
        val region = idle.first()
        if (!platform.tryUnmap(region.address, region.bytes)) return false
        idle.removeFirst()
        account.release(region.bytes)
        idleBytes -= region.bytes
        return true
    }
}
