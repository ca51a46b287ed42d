package dev.leasehold.benchmarks

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.diagnostics.LeakDetection
import dev.leasehold.memory.diagnostics.MemoryReport
import dev.leasehold.memory.diagnostics.MemorySnapshot
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import kotlinx.benchmark.Warmup
import java.nio.file.Files
import java.util.concurrent.TimeUnit

/**
 * What it costs to watch: get memory, write an int, read it, give it back, as in [RentBenchmark], where one in
 * [sampleEvery] is watched: none, one in 1,024 (the default), or all.
 *
 * In most programs a thread's cache has run out now and then, and the compiler knows the slow way; [hasMissed] is such a
 * program. Where it has not, no sample is drawn, and the code is the faster one of [RentBenchmark].
 */
@State(Scope.Thread)
@Warmup(iterations = 8, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public open class DiagnosticsBenchmark : Measured() {
    @Param("0", "1024", "1")
    public var sampleEvery: Int = 0

    @Param("false", "true")
    public var hasMissed: Boolean = false

    /** What is written; a field, so that the compiler cannot know it. */
    public var value: Int = 42

    private val pool = MemoryPool.isolated("watched")
    private val manager = SystemMemoryManager("watched")

    @Setup
    public fun watch() {
        LeakDetection.sampleEvery = sampleEvery
        if (hasMissed) repeat(MANY) { runOut() }
    }

    private fun runOut() {
        List(MANY) { pool.rent(SIZE) }.forEach { it.close() }
        List(MANY) { pool.rentShared(SIZE) }.forEach { it.close() }
        List(MANY) { manager.allocate(SIZE) }.forEach { it.close() }
    }

    @TearDown
    public fun close() {
        pool.close()
        manager.close()
    }

    @Benchmark
    public fun lease(): Int = pool.rent(SIZE).use { it.segment.writeAndRead(value) }

    @Benchmark
    public fun sharedLease(): Int = pool.rentShared(SIZE).use { it.writeAndRead(value) }

    @Benchmark
    public fun leasehold(): Int = manager.allocate(SIZE).use { it.writeAndRead(value) }

    private companion object {
        const val SIZE = 1024L

        /** More than a thread's cache has. */
        const val MANY = 300
    }
}

/** What it costs to look: a snapshot of a pool with a million open leases, and the page of a thousand pools. */
@State(Scope.Benchmark)
public open class LookBenchmark : Measured() {
    private val crowded = MemoryPool.isolated("crowded")
    private val pools = List(POOLS) { MemoryPool.isolated("pool $it") }
    private val path = Files.createTempFile("report", ".html")
    private var leases = emptyList<Lease>()

    @Setup
    public fun rent() {
        leases = List(LEASES) { crowded.rent(64) } + pools.map { it.rent(4096) }
    }

    @TearDown
    public fun close() {
        leases.forEach(Lease::close)
        pools.forEach(MemoryPool::close)
        crowded.close()
        Files.delete(path)
    }

    @Benchmark
    public fun snapshot(): Long = MemorySnapshot.take(crowded.budget).budget.used

    @Benchmark
    public fun report(): Long {
        MemoryReport.html(path)
        return Files.size(path)
    }

    private companion object {
        const val LEASES = 1_000_000
        const val POOLS = 1_000
    }
}
