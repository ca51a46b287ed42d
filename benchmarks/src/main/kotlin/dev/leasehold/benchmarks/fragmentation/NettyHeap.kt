package dev.leasehold.benchmarks.fragmentation

import dev.leasehold.benchmarks.giveBack
import dev.leasehold.benchmarks.touchEachPage
import io.netty.buffer.AdaptiveByteBufAllocator
import io.netty.buffer.ByteBuf

/** Netty's adaptive allocator, with the magazines of one thread, as in the benchmarks. */
internal class NettyHeap : MeasuredHeap<ByteBuf> {
    private val allocator = AdaptiveByteBufAllocator(true, true)

    override val name: String get() = "Netty adaptive"

    override val reserved: Long get() = allocator.metric().usedDirectMemory()

    override fun allocate(size: Int): ByteBuf = allocator.directBuffer(size).also { it.touchEachPage() }

    override fun free(block: ByteBuf): Unit = block.giveBack()

    override fun close() {}
}
