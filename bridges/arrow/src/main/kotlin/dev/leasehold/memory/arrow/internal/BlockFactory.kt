package dev.leasehold.memory.arrow.internal

import dev.leasehold.memory.Block
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import org.apache.arrow.memory.AllocationManager
import org.apache.arrow.memory.ArrowBuf
import org.apache.arrow.memory.BufferAllocator
import org.apache.arrow.memory.OutOfMemoryException
import org.apache.arrow.memory.ReferenceManager

/** Gives each of Arrow's buffers a block of [manager]. */
internal class BlockFactory(private val manager: MemoryManager) : AllocationManager.Factory {
    // The block comes first: what Arrow's constructor has noted down cannot be taken back.
    override fun create(accountingAllocator: BufferAllocator, size: Long): AllocationManager {
        val block = allocate(size)
        try {
            return BlockAllocation(accountingAllocator, block)
        } catch (failure: Throwable) {
            block.close()
            throw failure
        }
    }

    private fun allocate(size: Long): Block = try {
        manager.allocate(size)
    } catch (refused: MemoryExhaustedException) {
        throw outOfMemory(refused)
    } catch (refused: InvalidSizeException) {
        throw outOfMemory(refused)
    }

    private fun outOfMemory(refused: MemoryException) = OutOfMemoryException(refused.message, refused)

    override fun empty(): ArrowBuf = EMPTY

    override fun toString(): String = "AllocationManager.Factory(manager '${manager.name}')"

    private companion object {
        val EMPTY = ArrowBuf(ReferenceManager.NO_OP, null, 0, 0)
    }
}
