package dev.leasehold.benchmarks

import io.netty.buffer.ByteBuf
import io.netty.buffer.ByteBufAllocator

/** One of Netty's allocators, as in the other benchmarks. */
public abstract class NettyHeap : Heap<ByteBuf>() {
    internal abstract val allocator: ByteBufAllocator

    override fun allocate(size: Int): ByteBuf = allocator.directBuffer(size)

    override fun writeAndRead(block: ByteBuf, value: Int): Int = block.setInt(0, value).getInt(0)

    override fun free(block: ByteBuf): Unit = block.giveBack()
}

/** The allocator with thread caches over jemalloc's arenas. */
public open class NettyPooled : NettyHeap() {
    override val allocator: ByteBufAllocator get() = nettyPooledAllocator
}

/** The allocator with a magazine for each thread. */
public open class NettyAdaptive : NettyHeap() {
    override val allocator: ByteBufAllocator get() = nettyAdaptiveAllocator
}
