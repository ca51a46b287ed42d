package dev.leasehold.memory.support

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.PageRun
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.tryRent
import dev.leasehold.memory.tryRentShared
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
            Lender { size -> pool.tryRentShared(size)?.let { Held(it.asKeptMemorySegment(), it::close) } }

        /**
         * Blocks without a view that ends with them, so that their memory goes to the next owner at once. What is lent
         * has two references, given back at its end one after the other.
         */
        fun blocks(manager: MemoryManager) = Lender { size ->
            allocate(manager, size)?.let { block ->
                block.retain()
                Held(Platform.current.view(block.address, size, null)) {
                    block.close()
                    check(!block.isClosed) { "$block was closed once of two times" }
                    block.close()
                }
            }
        }

        /** Blocks by their views for any thread, which wait in quarantine. */
        fun viewedBlocks(manager: MemoryManager) = Lender { size ->
            allocate(manager, size)?.let { Held(it.asKeptMemorySegment(), it::close) }
        }

        /** Runs of pages without a view that ends with them, each found by the id of its last page when it ends. */
        fun pages(manager: MemoryManager) = Lender { size ->
            allocatePages(manager, size)?.let { run ->
                Held(Platform.current.view(run.address, run.size, null)) {
                    val found = checkNotNull(manager.findPages(run.id + run.count - 1)) { "$run is not found" }
                    run.close()
                    check(found === run && !run.isClosed) { "$run was found as $found" }
                    found.close()
                }
            }
        }

        /** Runs of pages by their views for any thread. */
        fun viewedPages(manager: MemoryManager) = Lender { size ->
            allocatePages(manager, size)?.let { Held(it.asKeptMemorySegment(), it::close) }
        }

        private fun allocatePages(manager: MemoryManager, size: Long): PageRun? = try {
            manager.allocatePages(((size + manager.pageSize - 1) / manager.pageSize).toInt())
        } catch (_: MemoryExhaustedException) {
            null
        }

        private fun allocate(manager: MemoryManager, size: Long): Block? = try {
            manager.allocate(size)
        } catch (_: MemoryExhaustedException) {
            // A limit, or a script: whether it may is not the lender's to judge.
            null
        }

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
