package dev.leasehold.memory.netty

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.PoolOptions
import io.netty.buffer.AbstractByteBufTest
import io.netty.buffer.ByteBuf
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.TestInstance
import java.nio.ByteOrder

/** Netty's own tests of a buffer, on a pool of their own, to which all memory must have come back at their end. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class NettyBufferTest(configure: PoolOptions.() -> Unit = {}) : AbstractByteBufTest() {
    protected val pool: MemoryPool = MemoryPool.isolated(javaClass.simpleName, configure)
    protected val allocator: LeaseholdByteBufAllocator = pool.asByteBufAllocator()

    override fun newBuffer(capacity: Int, maxCapacity: Int): ByteBuf = allocator.directBuffer(capacity, maxCapacity)

    /** Refuses when anything is leased. */
    @AfterAll
    fun closePool(): Unit = pool.close()
}

class LeasedByteBufTest : NettyBufferTest()

/** Where the pool wants to know of each lease, a buffer has one. */
class TracedByteBufTest : NettyBufferTest({ traceSites = true })

class LittleEndianByteBufTest : NettyBufferTest() {
    @Suppress("DEPRECATION")
    override fun newBuffer(capacity: Int, maxCapacity: Int): ByteBuf =
        super.newBuffer(capacity, maxCapacity).order(ByteOrder.LITTLE_ENDIAN)
}
