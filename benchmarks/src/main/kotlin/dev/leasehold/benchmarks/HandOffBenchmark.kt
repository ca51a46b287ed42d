package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.rentShared
import io.netty.buffer.ByteBuf
import io.netty.buffer.ByteBufAllocator
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Scope
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.annotations.Group
import org.openjdk.jmh.annotations.Level
import org.openjdk.jmh.infra.Control

/**
 * One thread rents and writes, another reads and closes; a bounded queue lies between. The figure is the time for one
 * hand-over, of whichever side is the slower: the other waits for it.
 */
@State(Scope.Group)
public open class HandOffBenchmark : Measured() {
    /** What is written; a field, so that the compiler cannot know it. */
    public var value: Int = 42

    private val pool = MemoryPool.shared()
    private val leases = HandOffRing<SharedLease>(CAPACITY)
    private val buffers = HandOffRing<ByteBuf>(CAPACITY)

    @Benchmark
    @Group("sharedLease")
    public fun sharedLeaseRent(control: Control) {
        val lease = pool.rentShared(SIZE.toLong())
        lease.withSegment { it.setInt(0, value) }
        if (!leases.put(lease, control)) lease.close()
    }

    @Benchmark
    @Group("sharedLease")
    public fun sharedLeaseClose(control: Control): Int =
        leases.take(control)?.use { lease -> lease.withSegment { it.getInt(0) } } ?: 0

    @Benchmark
    @Group("nettyPooled")
    public fun nettyPooledRent(control: Control): Unit = rentFrom(nettyPooledAllocator, control)

    @Benchmark
    @Group("nettyPooled")
    public fun nettyPooledClose(control: Control): Int = release(control)

    @Benchmark
    @Group("nettyAdaptive")
    public fun nettyAdaptiveRent(control: Control): Unit = rentFrom(nettyAdaptiveAllocator, control)

    @Benchmark
    @Group("nettyAdaptive")
    public fun nettyAdaptiveClose(control: Control): Int = release(control)

    private fun rentFrom(allocator: ByteBufAllocator, control: Control) {
        val buffer = allocator.directBuffer(SIZE)
        val _ = buffer.setInt(0, value)
        if (!buffers.put(buffer, control)) buffer.giveBack()
    }

    private fun release(control: Control): Int {
        val buffer = buffers.take(control) ?: return 0
        val read = buffer.getInt(0)
        buffer.giveBack()
        return read
    }

    /** What was on its way when the iteration ended. */
    @TearDown(Level.Iteration)
    public fun drain() {
        leases.drain { it.close() }
        buffers.drain { it.giveBack() }
    }

    private companion object {
        const val SIZE = 1024
        const val CAPACITY = 256
    }
}
