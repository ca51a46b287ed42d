package dev.leasehold.benchmarks.fragmentation

import dev.leasehold.benchmarks.touchEachPage
import dev.leasehold.memory.Block
import dev.leasehold.memory.SystemMemoryManager

/** A manager as it comes. */
internal class LeaseholdHeap : MeasuredHeap {
    private val blocks = arrayOfNulls<Block>(ChurnTrace.PLACES)
    private val manager = SystemMemoryManager("trace")

    override val name: String get() = "leasehold"

    override val reserved: Long get() = manager.stats().reserved

    override fun allocate(place: Int, size: Int) {
        val block = manager.allocate(size.toLong())
        blocks[place] = block
        block.withSegment { it.touchEachPage() }
    }

    override fun free(place: Int) {
        checkNotNull(blocks[place]) { "place $place is empty" }.close()
        blocks[place] = null
    }

    override fun close(): Unit = manager.close()
}
