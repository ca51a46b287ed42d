package dev.leasehold.memory.internal.store

import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.tryDiscard
import dev.leasehold.memory.internal.platform.tryUnmap

/**
 * Which pages are here and paid for. Under the store's lock.
 *
 * Where the system takes single pages back ([discards]), a mapping is address space and costs nothing: a page is paid
 * for before it is first used and again after it was discarded, and what was paid is released when it goes. Elsewhere a
 * region is paid for as a whole, for as long as it is mapped. Either way the leaf counts what the system lends, and
 * counts it first, so that a limit holds at every instant.
 */
internal class Residency(private val platform: Platform, private val leaf: BudgetLeaf) {
    val discards: Boolean = platform.discards
    val page: Long = platform.pageSize

    /** How many bytes are paid for. */
    var bytes: Long = 0
        private set

    /** Pays for [count] pages that are not mapped yet; false when they would pass the limit. */
    fun reserve(count: Int): Boolean {
        if (count == 0) return true
        if (!leaf.tryReserve(count * page)) return false
        bytes += count * page
        return true
    }

    fun release(count: Int) {
        if (count == 0) return
        leaf.release(count * page)
        bytes -= count * page
    }

    /** Pays for the pages from [from] to the one before [until] that are away; false when they would pass the limit. */
    fun pay(region: Region, from: Int, until: Int): Boolean {
        if (!reserve(until - from - region.resident.countIn(from, until))) return false
        region.resident.set(from, until)
        return true
    }

    /** Maps [pages] pages, of which the first [paid] are paid for; 0 when the system refuses or they cannot all be. */
    fun map(pages: Int, paid: Int): Long {
        val owed = if (discards) 0 else pages - paid
        if (!reserve(owed)) return 0
        val address = platform.map(pages * page)
        if (address == 0L) {
            release(owed)
            return 0
        }
        if (discards) platform.holdSinglePages(address, pages * page)
        Events.tell { it.mapped(leaf.name, pages * page) }
        return address
    }

    /** Gives the [pages] pages back that were just mapped at [address], without any that was [paid for][reserve]. */
    fun unmapNew(address: Long, pages: Int) {
        platform.unmap(address, pages * page)
        if (!discards) release(pages)
        Events.tell { it.unmapped(leaf.name, pages * page) }
    }

    fun unmap(region: Region): Boolean {
        if (!platform.tryUnmap(region.address, region.bytes)) return false
        release(region.resident.count)
        Events.tell { it.unmapped(leaf.name, region.bytes) }
        return true
    }

    /** Gives back the unneeded pages from [from] to the one before [until]; false when the system refuses. */
    fun discard(region: Region, from: Int, until: Int): Boolean {
        if (!platform.tryDiscard(region.addressOf(from), (until - from) * page)) return false
        release(region.resident.countIn(from, until))
        region.resident.clear(from, until)
        return true
    }
}
