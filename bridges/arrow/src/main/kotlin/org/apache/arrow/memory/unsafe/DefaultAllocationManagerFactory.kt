package org.apache.arrow.memory.unsafe

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.arrow.asAllocationManagerFactory
import org.apache.arrow.memory.AllocationManager

/**
 * What Arrow takes for allocators that name no memory, and asks for before it makes the first of any: it knows no other
 * way than a class and a field of these names, in one of three packages of its own. So this module needs none of Arrow's
 * own modules for memory beside it.
 */
internal object DefaultAllocationManagerFactory {
    @JvmField
    internal val FACTORY: AllocationManager.Factory = MemoryManager.system().asAllocationManagerFactory()
}
