package dev.leasehold.memory.testing

import dev.leasehold.memory.Block
import dev.leasehold.memory.FixedMemoryPool
import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryHolder
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared

/** Something to leak from, and what was leaked, so that a test can tidy up. One test at a time. */
internal object Leaks {
    val orders: MemoryPool = MemoryPool.isolated("orders")
    val frames: FixedMemoryPool = MemoryPool.fixed("frames", blockSize = 1500, blockCount = 4)
    val cache: SystemMemoryManager = SystemMemoryManager("cache")
    private val leases = ArrayList<Lease>()
    private val others = ArrayList<MemoryHolder>()

    fun lease(size: Long = 100): Lease = orders.rent(size).also(leases::add)

    fun shared(size: Long = 200): SharedLease = orders.rentShared(size).also(others::add)

    fun chunk(): SharedLease = frames.rentShared(1500).also(others::add)

    fun block(size: Long = 300): Block = cache.allocate(size).also(others::add)

    /** Closes all that was leaked. */
    fun tidy() {
        leases.forEach(Lease::close)
        leases.clear()
        for (holder in others) while (!holder.isClosed) holder.close()
        others.clear()
    }

    /** What differs between two runs of one test: threads, ages and lines. */
    fun plain(message: String?): String = message.orEmpty()
        .replace(Regex("by thread '.*?' \\(#\\d+\\), \\d+ \\w+ ago"), "by THREAD, AGE ago")
        .replace(Regex(":\\d+\\)"), ":LINE)")

    /** The lines of a message that are no calls. */
    fun heads(message: String?): List<String> = plain(message).lines().filterNot { it.startsWith("      at ") }
}
