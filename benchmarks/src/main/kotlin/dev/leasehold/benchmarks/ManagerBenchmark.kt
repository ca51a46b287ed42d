package dev.leasehold.benchmarks

import kotlinx.benchmark.Benchmark

/** Allocate, write an int, read it, free: one thread, one block at a time. */
public open class ManagerBenchmark : HeapBenchmark() {
    /** What a tree of budgets adds, three levels deep. */
    @Benchmark
    public fun leaseholdBudgeted(heap: LeaseholdBudgeted): Int = measure(heap)

    override fun measure(heap: Heap<*>): Int = heap.allocateWriteFree(size, value)
}
