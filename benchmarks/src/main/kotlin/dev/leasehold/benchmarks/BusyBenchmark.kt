package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Measurement
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import kotlinx.benchmark.Warmup
import kotlinx.coroutines.sync.withPermit
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.Group
import org.openjdk.jmh.annotations.OperationsPerInvocation
import org.openjdk.jmh.infra.Control
import java.util.concurrent.TimeUnit

/**
 * Memory on a machine that has more to do than cores: rent 1 KiB (`rent…`), hand over from one thread to another
 * (`handOver…`) and rent in a coroutine (`suspend…`, 1 KiB), each beside Netty's, with and without neighbours. The busy
 * neighbours are twice as many threads as there are cores, which burn them in another process.
 *
 * The time includes the wait for a core, for all contestants alike. What counts is how the ratio to Netty changes: who
 * waits for a thread that has no core, waits for milliseconds.
 */
@State(Scope.Benchmark)
@Warmup(iterations = 5, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Fork(2)
public open class BusyBenchmark : Measured() {
    /** Who else is on the machine. */
    @Param("none", "busy")
    public var neighbours: String = ""

    /** What is written; a field, so that the compiler cannot know it. */
    public var value: Int = 42

    private val pool = MemoryPool.shared()
    private var process: BusyProcess? = null

    @Setup
    public fun startNeighbours() {
        if (neighbours == "busy") process = BusyProcess(2 * Runtime.getRuntime().availableProcessors())
    }

    @TearDown
    public fun stopNeighbours() {
        process?.close()
    }

    @Benchmark
    public fun rentLease(): Int = pool.rent(KIB.toLong()).use { it.segment.writeAndRead(value) }

    @Benchmark
    public fun rentSharedLease(): Int = pool.rentShared(KIB.toLong()).use { it.writeAndRead(value) }

    @Benchmark
    public fun rentNettyPooled(): Int = nettyPooledAllocator.rentWriteReadRelease(KIB, value)

    @Benchmark
    public fun rentNettyAdaptive(): Int = nettyAdaptiveAllocator.rentWriteReadRelease(KIB, value)

    @Benchmark
    @Group("handOverSharedLease")
    public fun handOverSharedLeaseRent(memory: HandOffLeases, bytes: Bytes, control: Control): Unit =
        memory.rentAndWrite(bytes.size, value, control)

    @Benchmark
    @Group("handOverSharedLease")
    public fun handOverSharedLeaseClose(memory: HandOffLeases, control: Control): Int = memory.readAndClose(control)

    @Benchmark
    @Group("handOverNettyPooled")
    public fun handOverNettyPooledRent(memory: HandOffNettyPooled, bytes: Bytes, control: Control): Unit =
        memory.rentAndWrite(bytes.size, value, control)

    @Benchmark
    @Group("handOverNettyPooled")
    public fun handOverNettyPooledClose(memory: HandOffNettyPooled, control: Control): Int =
        memory.readAndClose(control)

    @Benchmark
    @Group("handOverNettyAdaptive")
    public fun handOverNettyAdaptiveRent(memory: HandOffNettyAdaptive, bytes: Bytes, control: Control): Unit =
        memory.rentAndWrite(bytes.size, value, control)

    @Benchmark
    @Group("handOverNettyAdaptive")
    public fun handOverNettyAdaptiveClose(memory: HandOffNettyAdaptive, control: Control): Int =
        memory.readAndClose(control)

    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public fun suspendWithLease(bounded: Bounded): Int = inOneCoroutine {
        bounded.suspendingPool.withLease(bounded.bytes) { it.writeAndRead(value) }
    }

    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public fun suspendSemaphoreAndNetty(bounded: Bounded): Int = inOneCoroutine {
        bounded.semaphore.withPermit { nettyAdaptiveAllocator.rentWriteReadRelease(KIB, value) }
    }

    /** How much is handed over. */
    @State(Scope.Benchmark)
    public open class Bytes {
        @Param("1024", "65536")
        public var size: Int = 0
    }

    /** Eight blocks for coroutines. */
    public open class Bounded : SuspendBenchmark.Contestants() {
        override val bytes: Long get() = KIB.toLong()
    }

    private companion object {
        const val KIB = 1024
    }
}
