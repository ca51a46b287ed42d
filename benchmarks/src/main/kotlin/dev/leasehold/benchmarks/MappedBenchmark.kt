package dev.leasehold.benchmarks

import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.State
import org.openjdk.jmh.annotations.Fork

/** Allocate, write an int, read it, free: in a mapped file, and beside that in process; one thread, one block at a time. */
@State(Scope.Thread)
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
}
