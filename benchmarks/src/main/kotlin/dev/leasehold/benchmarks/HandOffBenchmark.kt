package dev.leasehold.benchmarks

import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.State
import org.openjdk.jmh.annotations.Group
import org.openjdk.jmh.infra.Control

/**
 * One thread rents and writes, another reads and closes; a bounded queue lies between. The figure is the time for one
 * hand-over, of whichever side is the slower: the other waits for it.
 */
@State(Scope.Benchmark)
public open class HandOffBenchmark : Measured() {
    /** How many bytes are requested. */
    @Param("64", "1024", "65536", "1048576")
    public var size: Int = 0

    /** What is written; a field, so that the compiler cannot know it. */
    public var value: Int = 42

    @Benchmark
    @Group("sharedLease")
    public fun sharedLeaseRent(memory: HandOffLeases, control: Control): Unit =
        memory.rentAndWrite(size, value, control)

    @Benchmark
    @Group("sharedLease")
    public fun sharedLeaseClose(memory: HandOffLeases, control: Control): Int = memory.readAndClose(control)

    @Benchmark
    @Group("nettyPooled")
    public fun nettyPooledRent(memory: HandOffNettyPooled, control: Control): Unit =
        memory.rentAndWrite(size, value, control)

    @Benchmark
    @Group("nettyPooled")
    public fun nettyPooledClose(memory: HandOffNettyPooled, control: Control): Int = memory.readAndClose(control)

    @Benchmark
    @Group("nettyAdaptive")
    public fun nettyAdaptiveRent(memory: HandOffNettyAdaptive, control: Control): Unit =
        memory.rentAndWrite(size, value, control)

    @Benchmark
    @Group("nettyAdaptive")
    public fun nettyAdaptiveClose(memory: HandOffNettyAdaptive, control: Control): Int = memory.readAndClose(control)

    @Benchmark
    @Group("mallocFree")
    public fun mallocFreeRent(memory: HandOffMallocFree, control: Control): Unit =
        memory.rentAndWrite(size, value, control)

    @Benchmark
    @Group("mallocFree")
    public fun mallocFreeClose(memory: HandOffMallocFree, control: Control): Int = memory.readAndClose(control)

    @Benchmark
    @Group("mimalloc")
    public fun mimallocRent(memory: HandOffMimalloc, control: Control): Unit = memory.rentAndWrite(size, value, control)

    @Benchmark
    @Group("mimalloc")
    public fun mimallocClose(memory: HandOffMimalloc, control: Control): Int = memory.readAndClose(control)
}
