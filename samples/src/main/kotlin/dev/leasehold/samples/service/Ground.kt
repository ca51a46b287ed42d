package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.tryRentShared

/** Memory of any kind, as a table sees it: bytes until it is closed. */
internal class Plot(val segment: Segment, private val owner: AutoCloseable) : AutoCloseable {
    override fun close(): Unit = owner.close()

    companion object {
        /** A part of a lease that somebody else closes. */
        fun within(segment: Segment): Plot = Plot(segment) {}
    }
}

/** Where a table's memory comes from as it grows; whoever is handed a [Plot] closes it. */
internal fun interface Ground {
    /** Memory of [size] bytes; null when there is none at once. */
    fun rent(size: Long): Plot?

    /** No ground: the table is moved by whoever can wait for memory. */
    object None : Ground {
        override fun rent(size: Long): Plot? = null
    }

    companion object {
        /** Memory of the calling thread: a connection's. It throws when there is none. */
        fun own(pool: MemoryPool): Ground = Ground { size -> pool.rent(size).let { Plot(it.segment, it) } }

        /** Memory for any thread: what all connections add to, one after the other. It throws when there is none. */
        fun shared(pool: MemoryPool): Ground = Ground { size -> pool.rentShared(size).let { Plot(it.segment, it) } }

        /** As [shared], but null as soon as more than [bytes] would be held at once. For one thread at a time. */
        fun sharedWithin(pool: MemoryPool, bytes: Long): Ground {
            var left = bytes
            return Ground { size ->
                val lease = if (size > left) null else pool.tryRentShared(size)
                if (lease != null) left -= size
                lease?.let {
                    Plot(it.segment) {
                        it.close()
                        left += size
                    }
                }
            }
        }
    }
}
