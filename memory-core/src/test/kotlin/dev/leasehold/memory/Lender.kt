package dev.leasehold.memory

import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.util.concurrent.ConcurrentLinkedDeque

/** Memory held from a [Lender], until [end]. */
internal class Held(val view: MemorySegment, val end: () -> Unit)

/** What the checkers of this package look at: a pool, or a double of one that is known to be broken. */
internal fun interface Lender {
    /** Lends [size] bytes, or null when there are none. */
    fun lend(size: Long): Held?

    companion object {
        fun leases(pool: MemoryPool) =
            Lender { size -> pool.tryRent(size)?.let { Held(it.asMemorySegment(), it::close) } }

        fun sharedLeases(pool: MemoryPool) =
            Lender { size -> pool.tryRentShared(size)?.let { Held(it.asMemorySegment(), it::close) } }

        /**
         * Broken: blocks go from hand to hand at once, and views outlive them. [times] is how often a block comes
         * back.
         */
        fun reckless(blockSize: Long, blocks: Int, times: Int = 1): Lender {
            val free = ConcurrentLinkedDeque(List(blocks) { Arena.global().allocate(blockSize, 64) })
            return Lender { size ->
                free.pollFirst()?.let { block ->
                    Held(block.asSlice(0, size)) { repeat(times) { free.addFirst(block) } }
                }
            }
        }
    }
}
