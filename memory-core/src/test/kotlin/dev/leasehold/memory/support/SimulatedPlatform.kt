package dev.leasehold.memory.support

import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.util.TreeMap

/**
 * A system of addresses without memory behind them, which knows which pages are lent: those that were [touch]ed since
 * they were mapped or discarded last, or, where pages are not discarded, all that are mapped.
 *
 * Every call that it may refuse is counted together, and [refuse] decides each.
 */
internal class SimulatedPlatform(
    override val discards: Boolean = true,
    override val remaps: Boolean = true,
    override val pageSize: Long = 4096,
) : Platform {
    var refuse: (call: Int) -> Boolean = { false }
    var calls = 0
        private set

    /** How many of [calls] were not refused. */
    var granted = 0
        private set

    /** How many calls there were to take pages back. */
    var discardCalls = 0
        private set

    private val mappings = TreeMap<Long, Long>()
    private val here = HashSet<Long>()
    private var next = 1L shl 40

    val mappedBytes: Long get() = mappings.values.sum()
    val residentBytes: Long get() = if (discards) here.size * pageSize else mappedBytes

    override val name: String get() = "simulated"
    override val bindsViews: Boolean get() = true

    private fun refused(): Boolean {
        val refused = refuse(++calls)
        if (!refused) granted++
        return refused
    }

    override fun map(bytes: Long): Long {
        require(bytes > 0 && bytes % pageSize == 0L) { "$bytes bytes are no pages" }
        if (refused()) return 0
        val address = next
        next += bytes + pageSize
        mappings[address] = bytes
        return address
    }

    override fun unmap(address: Long, bytes: Long) {
        check(mappings[address] == bytes) { "$bytes bytes at $address are no mapping" }
        check(!refused()) { "simulated: unmap refused" }
        mappings.remove(address)
        forget(address, bytes)
    }

    override fun discard(address: Long, bytes: Long) {
        checkMapped(address, bytes)
        check(!refused()) { "simulated: discard refused" }
        discardCalls++
        if (discards) forget(address, bytes)
    }

    override fun remap(address: Long, oldBytes: Long, newBytes: Long, mayMove: Boolean): Long {
        check(mappings[address] == oldBytes) { "$oldBytes bytes at $address are no mapping" }
        if (!remaps || refused() || (newBytes > oldBytes && !mayMove)) return 0
        unmapMoved(address, oldBytes)
        val to = if (newBytes < oldBytes) address else next
        next = maxOf(next, to + newBytes + pageSize)
        mappings[to] = newBytes
        return to
    }

    private fun unmapMoved(address: Long, bytes: Long) {
        mappings.remove(address)
        forget(address, bytes)
    }

    /** Writes to every page between [address] and [address] + [bytes]. */
    fun touch(address: Long, bytes: Long) {
        checkMapped(address, bytes)
        for (at in pages(address, bytes)) here.add(at)
    }

    private fun forget(address: Long, bytes: Long) = pages(address, bytes).forEach(here::remove)

    private fun pages(address: Long, bytes: Long) = address / pageSize..(address + bytes - 1) / pageSize

    private fun checkMapped(address: Long, bytes: Long) {
        val (from, length) = checkNotNull(mappings.floorEntry(address)) { "$address is not mapped" }
        check(address + bytes <= from + length) { "$bytes bytes at $address are not all mapped" }
    }

    override fun view(address: Long, size: Long, arena: Arena?): MemorySegment = error("there is no memory here")
}
