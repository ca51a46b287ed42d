package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Scope
import kotlinx.benchmark.State
import org.openjdk.jmh.annotations.Threads

/**
 * The work of [RentBenchmark] at 1 KiB by 1, 2, 4 and 8 threads at once, each for itself; the number ends the name. In
 * `leasehold` it is a block of one manager.
 *
 * JMH's figure is the time that one thread sees, waiting for a core included. Time per operation and core, which the
 * report shows, is that figure times `min(1, cores / threads)`: what an operation takes of a core. Flat means that
 * threads do not disturb one another.
 */
@State(Scope.Thread)
public open class ContentionBenchmark : Measured() {
    /** What is written; a field, so that the compiler cannot know it. */
    public var value: Int = 42

    private val pool = MemoryPool.shared()

    @Benchmark
    @Threads(1)
    public fun lease1(): Int = lease()

    @Benchmark
    @Threads(2)
    public fun lease2(): Int = lease()

    @Benchmark
    @Threads(4)
    public fun lease4(): Int = lease()

    @Benchmark
    @Threads(8)
    public fun lease8(): Int = lease()

    @Benchmark
    @Threads(1)
    public fun sharedLease1(): Int = sharedLease()

    @Benchmark
    @Threads(2)
    public fun sharedLease2(): Int = sharedLease()

    @Benchmark
    @Threads(4)
    public fun sharedLease4(): Int = sharedLease()

    @Benchmark
    @Threads(8)
    public fun sharedLease8(): Int = sharedLease()

    @Benchmark
    @Threads(1)
    public fun leasehold1(heap: Leasehold): Int = leasehold(heap)

    @Benchmark
    @Threads(2)
    public fun leasehold2(heap: Leasehold): Int = leasehold(heap)

    @Benchmark
    @Threads(4)
    public fun leasehold4(heap: Leasehold): Int = leasehold(heap)

    @Benchmark
    @Threads(8)
    public fun leasehold8(heap: Leasehold): Int = leasehold(heap)

    @Benchmark
    @Threads(1)
    public fun nettyPooled1(): Int = nettyPooled()

    @Benchmark
    @Threads(2)
    public fun nettyPooled2(): Int = nettyPooled()

    @Benchmark
    @Threads(4)
    public fun nettyPooled4(): Int = nettyPooled()

    @Benchmark
    @Threads(8)
    public fun nettyPooled8(): Int = nettyPooled()

    @Benchmark
    @Threads(1)
    public fun nettyAdaptive1(): Int = nettyAdaptive()

    @Benchmark
    @Threads(2)
    public fun nettyAdaptive2(): Int = nettyAdaptive()

    @Benchmark
    @Threads(4)
    public fun nettyAdaptive4(): Int = nettyAdaptive()

    @Benchmark
    @Threads(8)
    public fun nettyAdaptive8(): Int = nettyAdaptive()

    private fun lease(): Int = pool.rent(SIZE.toLong()).use { it.segment.writeAndRead(value) }

    private fun sharedLease(): Int = pool.rentShared(SIZE.toLong()).use { it.writeAndRead(value) }

    private fun leasehold(heap: Leasehold): Int = heap.allocateWriteFree(SIZE, value)

    private fun nettyPooled(): Int = nettyPooledAllocator.rentWriteReadRelease(SIZE, value)

    private fun nettyAdaptive(): Int = nettyAdaptiveAllocator.rentWriteReadRelease(SIZE, value)

    private companion object {
        const val SIZE = 1024
    }
}
