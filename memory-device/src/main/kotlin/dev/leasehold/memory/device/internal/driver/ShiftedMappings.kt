package dev.leasehold.memory.device.internal.driver

import java.util.concurrent.ConcurrentHashMap

/**
 * Host memory that a driver has put anywhere, and that was taken a page too long: what begins at its first whole page
 * is used. Any thread.
 */
internal class ShiftedMappings(private val pageSize: Long) {
    /** What the driver has returned: where it begins, and the [handle] that it has beside, if any. */
    class Mapping(val address: Long, val handle: Long)

    private val mappings = ConcurrentHashMap<Long, Mapping>()

    /** The first whole page from [address] on; when it cannot be kept, [giveBack] runs. */
    inline fun add(address: Long, handle: Long, giveBack: () -> Unit): Long {
        try {
            return add(Mapping(address, handle))
        } catch (full: OutOfMemoryError) {
            giveBack()
            throw full
        }
    }

    private fun add(mapping: Mapping): Long {
        val first = mapping.address + pageSize - 1 and -pageSize
        mappings[first] = mapping
        return first
    }

    /** Takes out the mapping whose first page is at [first]; null when there is none. */
    fun remove(first: Long): Mapping? = mappings.remove(first)
}
