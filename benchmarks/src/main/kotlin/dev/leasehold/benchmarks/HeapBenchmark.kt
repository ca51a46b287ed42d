package dev.leasehold.benchmarks

import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Measurement
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.State
import kotlinx.benchmark.Warmup
import org.openjdk.jmh.annotations.Fork
import java.util.concurrent.TimeUnit

/**
 * One pattern of use by one thread, for every contestant.
 *
 * There are as many figures here as in all other classes together, so each gets a third of their time.
 */
@State(Scope.Thread)
@Warmup(iterations = 4, time = 250, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 4, time = 250, timeUnit = TimeUnit.MILLISECONDS)
@Fork(2)
public abstract class HeapBenchmark : Measured() {
    /** How many bytes are requested. */
    @Param("16", "64", "1024", "65536", "1048576")
    public var size: Int = 0

    /** What is written; a field, so that the compiler cannot know it. */
    public var value: Int = 42

    /** The pattern, once; returns what was read. */
    internal abstract fun measure(heap: Heap<*>): Int

    @Benchmark
    public fun leasehold(heap: Leasehold): Int = measure(heap)

    @Benchmark
    public fun leaseholdShared(heap: LeaseholdShared): Int = measure(heap)

    @Benchmark
    public fun mallocFree(heap: MallocFree): Int = measure(heap)

    @Benchmark
    public fun mimalloc(heap: Mimalloc): Int = measure(heap)

    @Benchmark
    public fun jemalloc(heap: Jemalloc): Int = measure(heap)

    @Benchmark
    public fun nettyPooled(heap: NettyPooled): Int = measure(heap)

    @Benchmark
    public fun nettyAdaptive(heap: NettyAdaptive): Int = measure(heap)

    @Benchmark
    public fun arrowUnsafe(heap: ArrowUnsafe): Int = measure(heap)

    @Benchmark
    public fun arrowNetty(heap: ArrowNetty): Int = measure(heap)

    @Benchmark
    public fun confinedArena(heap: ConfinedArena): Int = measure(heap)
}
