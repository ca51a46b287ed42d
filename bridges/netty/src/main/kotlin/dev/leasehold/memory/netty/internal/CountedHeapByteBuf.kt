package dev.leasehold.memory.netty.internal

import io.netty.buffer.ByteBufAllocator
import io.netty.buffer.UnpooledHeapByteBuf
import java.util.concurrent.atomic.LongAdder

/** A buffer on the heap, whose bytes [used] counts. */
internal class CountedHeapByteBuf(
    allocator: ByteBufAllocator,
    capacity: Int,
    maxCapacity: Int,
    private val used: LongAdder,
) : UnpooledHeapByteBuf(allocator, ByteArray(capacity), maxCapacity) {
    init {
        used.add(capacity.toLong())
        clear()
    }

    override fun allocateArray(initialCapacity: Int): ByteArray =
        ByteArray(initialCapacity).also { used.add(initialCapacity.toLong()) }

    override fun freeArray(array: ByteArray): Unit = used.add(-array.size.toLong())
}
