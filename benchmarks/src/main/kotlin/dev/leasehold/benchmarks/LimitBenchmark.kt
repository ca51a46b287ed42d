package dev.leasehold.benchmarks

import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Warmup
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.Threads
import org.openjdk.jmh.infra.ThreadParams
import java.util.concurrent.TimeUnit

/**
 * Life at the limit: as many leases or blocks are out as the limit allows, and each operation closes the oldest of its
 * thread, takes another in its place, writes an int and reads it. Nothing may be refused, for what was closed is free.
 * The number that ends the name is that of the threads, which hold equal shares of the same pool.
 *
 * [sharedLease] is what to compare with: rent, write, read and close where no limit is near. As in
 * [ContentionBenchmark], the report shows time per operation and core.
 *
 * It warms up longer than others: threads that share a limit need a second or two until each finds what it closed.
 */
@Warmup(iterations = 8, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(2)
public open class LimitBenchmark : Measured() {
    @Benchmark
    public fun sharedLease(unlimited: Unlimited): Int = unlimited.rentWriteReadClose()

    @Benchmark
    @Threads(1)
    public fun slabPool1(full: FullSlabPool, thread: ThreadParams): Int = replaceOldest(full, thread)

    @Benchmark
    @Threads(4)
    public fun slabPool4(full: FullSlabPool, thread: ThreadParams): Int = replaceOldest(full, thread)

    @Benchmark
    @Threads(1)
    public fun fixedPool1(full: FullFixedPool, thread: ThreadParams): Int = replaceOldest(full, thread)

    @Benchmark
    @Threads(4)
    public fun fixedPool4(full: FullFixedPool, thread: ThreadParams): Int = replaceOldest(full, thread)

    @Benchmark
    @Threads(1)
    public fun manager1(full: FullManager, thread: ThreadParams): Int = replaceOldest(full, thread)

    @Benchmark
    @Threads(4)
    public fun manager4(full: FullManager, thread: ThreadParams): Int = replaceOldest(full, thread)

    /** Through three levels of budgets, of which the innermost is full; the pool itself has no limit. */
    @Benchmark
    @Threads(1)
    public fun budgetTree1(full: FullBudgetTree, thread: ThreadParams): Int = replaceOldest(full, thread)

    @Benchmark
    @Threads(4)
    public fun budgetTree4(full: FullBudgetTree, thread: ThreadParams): Int = replaceOldest(full, thread)

    /** A request that cannot be served, where nothing comes back. */
    @Benchmark
    public fun slabPoolRefused(full: FullSlabPool): Boolean = full.isRefused()

    @Benchmark
    public fun fixedPoolRefused(full: FullFixedPool): Boolean = full.isRefused()

    /** The same where it is a budget above that refuses. */
    @Benchmark
    public fun budgetTreeRefused(full: FullBudgetTree): Boolean = full.isRefused()

    /** The same where other pools draw on that budget, and could have something idle. */
    @Benchmark
    public fun sharedBudgetRefused(full: FullSharedBudget): Boolean = full.isRefused()

    private fun replaceOldest(full: Full<*>, thread: ThreadParams): Int = full.replaceOldest(thread.threadIndex)
}
