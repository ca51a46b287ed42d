package dev.leasehold.memory.device.internal.driver

import java.util.concurrent.ConcurrentSkipListMap
import java.util.concurrent.atomic.AtomicLong

/**
 * Addresses for the memory of drivers that name it by handles: each mapping gets a range of its own, which no other
 * ever has again. Any thread.
 */
internal class AddressTable(private val pageSize: Long) {
    /** The memory [handle], of [bytes] bytes, at [address]. */
    class Entry(val address: Long, val bytes: Long, val handle: Long)

    private val entries = ConcurrentSkipListMap<Long, Entry>()
    private val next = AtomicLong(FIRST)

    /** Enters the memory [handle] of [bytes] bytes; returns its address, a multiple of the page size. */
    fun add(handle: Long, bytes: Long): Long {
        // A page between two, so that no address is both the end of one and the start of another.
        val room = (bytes + pageSize - 1 and -pageSize) + pageSize
        val address = next.getAndAdd(room)
        entries[address] = Entry(address, bytes, handle)
        return address
    }

    /** Takes out what [add] has entered at [address]; null when nothing is there. */
    fun remove(address: Long): Entry? = entries.remove(address)

    /** The memory that holds all of the [bytes] bytes at [address]. */
    fun find(address: Long, bytes: Long): Entry {
        val entry = entries.floorEntry(address)?.value
        check(entry != null && address - entry.address + bytes <= entry.bytes) { "no memory at $address" }
        return entry
    }

    private companion object {
        // Above what a process can have, so that one taken for the host's is found at once.
        const val FIRST = 1L shl 60
    }
}
