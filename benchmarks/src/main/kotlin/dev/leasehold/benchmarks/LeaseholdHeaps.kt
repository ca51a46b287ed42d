package dev.leasehold.benchmarks

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.SystemMemoryManager

/** A manager of its own; the bytes are reached as its documentation recommends, in a scope of this thread. */
public abstract class ManagedHeap(private val manager: MemoryManager) : Heap<Block>() {
    override fun allocate(size: Int): Block = manager.allocate(size.toLong())

    override fun writeAndRead(block: Block, value: Int): Int = block.withSegment { it.writeAndRead(value) }

    override fun free(block: Block): Unit = block.close()

    override fun shutDown(): Unit = manager.close()
}

/** The manager as it comes. */
public open class Leasehold : ManagedHeap(SystemMemoryManager("bench"))

/** The same, through the view that any thread may keep: its bytes wait in quarantine when the block is closed. */
public open class LeaseholdShared : ManagedHeap(SystemMemoryManager("bench")) {
    override fun writeAndRead(block: Block, value: Int): Int = block.segment.writeAndRead(value)
}
