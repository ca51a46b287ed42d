package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared

/** A lease of either kind, as a table sees it: bytes until it is closed. */
internal class Plot(val segment: Segment, private val lease: AutoCloseable) : AutoCloseable {
    override fun close(): Unit = lease.close()
}

/** Where a table's memory comes from; whoever is handed a [Plot] closes it. */
internal fun interface Ground {
    fun rent(size: Long): Plot

    companion object {
        /** Memory of the calling thread: a connection's. */
        fun own(pool: MemoryPool): Ground = Ground { size -> pool.rent(size).let { Plot(it.segment, it) } }

        /** Memory for any thread: what all connections add to, one after the other. */
        fun shared(pool: MemoryPool): Ground = Ground { size -> pool.rentShared(size).let { Plot(it.segment, it) } }
    }
}
