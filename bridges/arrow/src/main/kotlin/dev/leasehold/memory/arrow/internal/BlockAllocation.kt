package dev.leasehold.memory.arrow.internal

import dev.leasehold.memory.Block
import org.apache.arrow.memory.AllocationManager
import org.apache.arrow.memory.BufferAllocator

/** A block under all buffers that are slices of one of Arrow's allocations, which counts their references. */
internal class BlockAllocation(allocator: BufferAllocator, private val block: Block) : AllocationManager(allocator) {
    override fun getSize(): Long = block.size

    override fun memoryAddress(): Long = block.address

    override fun release0(): Unit = block.close()
}
