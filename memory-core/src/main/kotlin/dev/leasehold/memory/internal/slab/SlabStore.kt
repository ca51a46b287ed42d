package dev.leasehold.memory.internal.slab

import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.tryDiscard
import dev.leasehold.memory.internal.platform.tryUnmap
import java.util.TreeMap
import java.util.concurrent.locks.ReentrantLock

/**
 * The ground of a pool: mappings from the system, cut into slabs of equal blocks, and large blocks mapped one by one.
 *
 * Everything here is under [lock] and away from the hot path: caches and the depot keep what is rented again soon,
 * and come here for a magazine at a time. Each mapping is paid for from the [account] before the system is asked.
 */
internal class SlabStore(private val platform: Platform, val account: Account, private val idleBound: () -> Long) {
    @JvmField val lock = ReentrantLock()

    private val page = platform.pageSize
    private val slabs = TreeMap<Long, Slab>()
    private val open = Array(SizeClasses.COUNT) { ArrayDeque<Slab>() }
    private val large = LargeBlocks(platform, account)
    private var emptyBytes = 0L

    /** How many bytes of blocks are out: in caches, in the depot, quarantined or leased. */
    var outBytes: Long = 0
        private set

    /** Takes a block of [classIndex]; 0 when neither the limit nor the system allows one. */
    fun take(classIndex: Int): Long {
        val address = takeFromSlab(classIndex)
        if (address != 0L) outBytes += SizeClasses.sizeOf(classIndex)
        return address
    }

    private fun takeFromSlab(classIndex: Int): Long {
        val candidates = open[classIndex]
        for (slab in candidates) {
            val wasEmpty = slab.isEmpty
            val address = slab.take(account::tryReserve)
            if (address == 0L) continue
            if (wasEmpty) emptyBytes -= slab.bytes
            if (slab.freeCount == 0) candidates.remove(slab)
            return address
        }
        val slab = grow(classIndex) ?: return 0
        return slab.take(account::tryReserve).also { if (slab.freeCount == 0) candidates.remove(slab) }
    }

    /** A new slab: as large as usual, or, where the limit or the system refuses, smaller, down to one block. */
    private fun grow(classIndex: Int): Slab? {
        val least = roundToPages(SizeClasses.sizeOf(classIndex))
        var bytes = maxOf(usualBytes(classIndex), least)
        var reclaimed = false
        while (true) {
            val address = mapPaid(bytes)
            if (address != 0L) return newSlab(address, bytes, classIndex)
            if (!reclaimed) {
                trim()
                reclaimed = true
            } else if (bytes > least) {
                bytes = maxOf(least, roundToPages(bytes / 4))
            } else {
                return null
            }
        }
    }

    private fun newSlab(address: Long, bytes: Long, classIndex: Int): Slab {
        val slab = Slab(address, bytes, classIndex, page)
        slabs[address] = slab
        open[classIndex].addFirst(slab)
        return slab
    }

    private fun usualBytes(classIndex: Int): Long {
        val wanted = (SizeClasses.sizeOf(classIndex) * BLOCKS_A_SLAB).coerceIn(LEAST_SLAB, MOST_SLAB)
        return roundToPages(minOf(wanted, account.limit / SLABS_A_LIMIT))
    }

    private fun mapPaid(bytes: Long): Long {
        if (!account.tryReserve(bytes)) return 0
        val address = platform.map(bytes)
        if (address == 0L) account.release(bytes)
        return address
    }

    /** Takes the block at [address] back. An emptied slab goes back to the system when enough is idle already. */
    fun giveBack(address: Long) {
        val slab = slabs.floorEntry(address).value
        val wasFull = slab.freeCount == 0
        slab.giveBack(address)
        outBytes -= SizeClasses.sizeOf(slab.classIndex)
        if (wasFull) open[slab.classIndex].addFirst(slab)
        if (!slab.isEmpty) return
        if (emptyBytes + slab.bytes <= idleBound() || !unmap(slab)) emptyBytes += slab.bytes
    }

    /** Takes [magazine]'s blocks back. */
    fun giveBackAll(magazine: Magazine) {
        while (magazine.count > 0) giveBack(magazine.pop())
    }

    private fun unmap(slab: Slab): Boolean {
        if (!platform.tryUnmap(slab.address, slab.bytes)) return false
        open[slab.classIndex].remove(slab)
        slabs.remove(slab.address)
        account.release(slab.bytes - slab.discardedBytes)
        return true
    }

    /** Takes a block of its own mapping of at least [size] bytes, or null when neither the limit nor the system allows one. */
    fun takeLarge(size: Long): LargeBlocks.Region? {
        val region = large.take(size)
            ?: run {
                trim()
                large.take(size)
            }
        if (region != null) outBytes += region.bytes
        return region
    }

    fun giveBackLarge(region: LargeBlocks.Region) {
        outBytes -= region.bytes
        large.giveBack(region, keepUpTo = idleBound() - emptyBytes)
    }

    /** Gives every empty slab, every idle large block and every free page back to the system; answers how many bytes went. */
    @IgnorableReturnValue
    fun trim(): Long {
        var gone = large.trim()
        for (slab in slabs.values.toList()) {
            if (slab.isEmpty) {
                if (!unmap(slab)) continue
                gone += slab.bytes - slab.discardedBytes
                emptyBytes -= slab.bytes
            } else if (platform.bindsViews) {
                val freed = slab.discardFreePages(platform::tryDiscard)
                account.release(freed)
                gone += freed
            }
        }
        return gone
    }

    private fun roundToPages(bytes: Long): Long = (bytes + page - 1) and -page

    private companion object {
        const val BLOCKS_A_SLAB = 32L
        const val LEAST_SLAB = 256L * 1024
        const val MOST_SLAB = 4L * 1024 * 1024
        const val SLABS_A_LIMIT = 16L
    }
}
