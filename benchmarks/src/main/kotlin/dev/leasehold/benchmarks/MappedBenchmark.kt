package dev.leasehold.benchmarks

import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import kotlinx.benchmark.Warmup
import org.openjdk.jmh.annotations.Fork
import java.util.concurrent.TimeUnit

/**
 * Allocate, write an int, read it, free: in process, in a mapped file, and in a mapped file in which another process
 * does the same; one thread, one block at a time.
 */
@State(Scope.Thread)
// The code is long, and another JVM that starts as well takes its time from the compiler.
@Warmup(iterations = 5, time = 1, timeUnit = TimeUnit.SECONDS)
@Fork(2)
public open class MappedBenchmark : Measured() {
    /** How many bytes are requested. */
    @Param("64", "1024")
    public var size: Int = 0

    /** What is written; a field, so that the compiler cannot know it. */
    public var value: Int = 42

    @Benchmark
    public fun inProcess(heap: Leasehold): Int = heap.allocateWriteFree(size, value)

    @Benchmark
    public fun mapped(heap: LeaseholdMapped): Int = heap.allocateWriteFree(size, value)

    @Benchmark
    public fun mappedBesideAnother(heap: Shared): Int = heap.heap.allocateWriteFree(size, value)

    /** A manager over a file, and a process that has the same file open. */
    @State(Scope.Benchmark)
    public open class Shared {
        internal val heap = LeaseholdMapped()
        private lateinit var neighbour: MappedNeighbourProcess

        @Setup
        public fun start(benchmark: MappedBenchmark) {
            neighbour = MappedNeighbourProcess(heap.path, benchmark.size.toLong())
        }

        @TearDown
        public fun stop() {
            neighbour.finish()
            heap.shutDown()
        }
    }
}
