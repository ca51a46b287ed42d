package dev.leasehold.benchmarks

import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Measurement
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.State
import kotlinx.benchmark.Warmup
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.Group
import org.openjdk.jmh.infra.Control
import java.util.concurrent.TimeUnit

/**
 * One thread allocates and writes, another frees; the ring of [HandOffBenchmark] lies between. The figure is the time
 * for one hand-over, of whichever side is the slower: the other waits for it.
 */
@State(Scope.Benchmark)
@Warmup(iterations = 4, time = 250, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 4, time = 250, timeUnit = TimeUnit.MILLISECONDS)
@Fork(2)
public open class ManagerHandOffBenchmark : Measured() {
    /** How many bytes are requested. */
    @Param("64", "1024", "65536", "1048576")
    public var size: Int = 0

    /** What is written; a field, so that the compiler cannot know it. */
    public var value: Int = 42

    @Benchmark
    @Group("leasehold")
    public fun leaseholdAllocate(heap: Leasehold, control: Control): Int = heap.handOver(size, value, control)

    @Benchmark
    @Group("leasehold")
    public fun leaseholdRelease(heap: Leasehold, control: Control): Unit = heap.freeHandedOver(control)

    @Benchmark
    @Group("leaseholdShared")
    public fun leaseholdSharedAllocate(heap: LeaseholdShared, control: Control): Int =
        heap.handOver(size, value, control)

    @Benchmark
    @Group("leaseholdShared")
    public fun leaseholdSharedRelease(heap: LeaseholdShared, control: Control): Unit = heap.freeHandedOver(control)

    @Benchmark
    @Group("mallocFree")
    public fun mallocFreeAllocate(heap: MallocFree, control: Control): Int = heap.handOver(size, value, control)

    @Benchmark
    @Group("mallocFree")
    public fun mallocFreeRelease(heap: MallocFree, control: Control): Unit = heap.freeHandedOver(control)

    @Benchmark
    @Group("mimalloc")
    public fun mimallocAllocate(heap: Mimalloc, control: Control): Int = heap.handOver(size, value, control)

    @Benchmark
    @Group("mimalloc")
    public fun mimallocRelease(heap: Mimalloc, control: Control): Unit = heap.freeHandedOver(control)

    @Benchmark
    @Group("jemalloc")
    public fun jemallocAllocate(heap: Jemalloc, control: Control): Int = heap.handOver(size, value, control)

    @Benchmark
    @Group("jemalloc")
    public fun jemallocRelease(heap: Jemalloc, control: Control): Unit = heap.freeHandedOver(control)

    @Benchmark
    @Group("nettyPooled")
    public fun nettyPooledAllocate(heap: NettyPooled, control: Control): Int = heap.handOver(size, value, control)

    @Benchmark
    @Group("nettyPooled")
    public fun nettyPooledRelease(heap: NettyPooled, control: Control): Unit = heap.freeHandedOver(control)

    @Benchmark
    @Group("nettyAdaptive")
    public fun nettyAdaptiveAllocate(heap: NettyAdaptive, control: Control): Int = heap.handOver(size, value, control)

    @Benchmark
    @Group("nettyAdaptive")
    public fun nettyAdaptiveRelease(heap: NettyAdaptive, control: Control): Unit = heap.freeHandedOver(control)

    @Benchmark
    @Group("arrowUnsafe")
    public fun arrowUnsafeAllocate(heap: ArrowUnsafe, control: Control): Int = heap.handOver(size, value, control)

    @Benchmark
    @Group("arrowUnsafe")
    public fun arrowUnsafeRelease(heap: ArrowUnsafe, control: Control): Unit = heap.freeHandedOver(control)

    @Benchmark
    @Group("arrowNetty")
    public fun arrowNettyAllocate(heap: ArrowNetty, control: Control): Int = heap.handOver(size, value, control)

    @Benchmark
    @Group("arrowNetty")
    public fun arrowNettyRelease(heap: ArrowNetty, control: Control): Unit = heap.freeHandedOver(control)
}
