package dev.leasehold.memory.arrow.samples

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.arrow.newRootAllocator
import org.apache.arrow.vector.BigIntVector

internal fun vectorsInAManager(manager: MemoryManager): Long {
    manager.newRootAllocator().use { allocator ->
        BigIntVector("price", allocator).use { prices ->
            repeat(1000) { prices.setSafe(it, it * 10L) }
            prices.valueCount = 1000
            return prices[999]
        }
    }
}
