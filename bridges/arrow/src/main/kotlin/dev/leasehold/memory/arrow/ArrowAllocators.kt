@file:JvmName("LeaseholdArrow")

package dev.leasehold.memory.arrow

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.arrow.internal.ArrowVersion
import dev.leasehold.memory.arrow.internal.BlockFactory
import org.apache.arrow.memory.AllocationManager
import org.apache.arrow.memory.RootAllocator

/**
 * An allocator of Arrow's on the memory of this manager: for its children, for vectors, and for all that is made with
 * them. For Java `LeaseholdArrow.newRootAllocator(manager)`.
 *
 * Each buffer is a block of the manager, whose limit, budget, figures and leak reports so know Arrow's bytes.
 *
 * **Ownership.** The caller closes the allocator, behind its buffers, and then the manager. A manager that is closed
 * earlier allocates no more, and the buffers stay good until they are released. After a [MemoryManager.clear] no buffer
 * may be touched: what protects the bytes is Arrow's, which knows nothing of it.
 * **Threads.** Any, as Arrow's own.
 * **Zeroed.** Not, as Arrow's own.
 * **Cost.** Arrow's own accounting, which is most of it, and a block.
 *
 * Where the manager refuses, there is Arrow's [OutOfMemoryException][org.apache.arrow.memory.OutOfMemoryException]. Its
 * message and its cause name the manager, the size, the bound and the remedy. A manager that is closed throws
 * [ManagerClosedException][dev.leasehold.memory.ManagerClosedException].
 *
 * @param limit the most bytes of this allocator, by Arrow's own count and beside the manager's limit
 * @throws IllegalStateException when Arrow is absent, or another one than 19
 * @sample dev.leasehold.memory.arrow.samples.vectorsInAManager
 */
@JvmOverloads
public fun MemoryManager.newRootAllocator(limit: Long = Long.MAX_VALUE): RootAllocator =
    RootAllocators.on(asAllocationManagerFactory(), limit)

/**
 * The memory of this manager as what Arrow's allocators are configured with, where [newRootAllocator] does not do: with
 * a listener, or with a policy of rounding. For Java `LeaseholdArrow.asAllocationManagerFactory(manager)`.
 *
 * All that is said of [newRootAllocator] holds for allocators that are made with it.
 *
 * @throws IllegalStateException when Arrow is absent, or another one than 19
 */
public fun MemoryManager.asAllocationManagerFactory(): AllocationManager.Factory {
    ArrowVersion.require()
    return BlockFactory(this)
}
