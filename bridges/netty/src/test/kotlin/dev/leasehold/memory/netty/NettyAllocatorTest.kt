package dev.leasehold.memory.netty

import dev.leasehold.memory.MemoryPool
import io.netty.buffer.AbstractByteBufAllocatorTest
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Disabled

/** Netty's own tests of an allocator. */
class NettyAllocatorTest : AbstractByteBufAllocatorTest<LeaseholdByteBufAllocator>() {
    private val pools = ArrayList<MemoryPool>()

    override fun newAllocator(preferDirect: Boolean): LeaseholdByteBufAllocator {
        val pool = MemoryPool.isolated("allocator")
        pools.add(pool)
        return pool.asByteBufAllocator(preferDirect)
    }

    override fun newUnpooledAllocator(): LeaseholdByteBufAllocator = newAllocator(true)

    /** Refuses when anything is leased. */
    @AfterEach
    fun closePools(): Unit = pools.forEach(MemoryPool::close)

    @Disabled("It names the classes of Netty's own buffers")
    override fun testUnsafeHeapBufferAndUnsafeDirectBuffer() = Unit

    @Disabled("Buffers on the heap are not pooled")
    override fun shouldReuseChunks() = Unit
}
