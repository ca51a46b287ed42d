package dev.leasehold.benchmarks.fragmentation

import dev.leasehold.benchmarks.touchEachPage
import dev.leasehold.memory.Block
import dev.leasehold.memory.SystemMemoryManager

/** A manager as it comes. */
internal class LeaseholdHeap : MeasuredHeap<Block> {
    private val manager = SystemMemoryManager("trace")

    override val name: String get() = "leasehold"

    override val reserved: Long get() = manager.stats().reserved

    override fun allocate(size: Int): Block {
        val block = manager.allocate(size.toLong())
        block.withSegment { it.touchEachPage() }
        return block
    }

    override fun free(block: Block): Unit = block.close()

    override fun close(): Unit = manager.close()
}
