package dev.leasehold.benchmarks

/** Allocate, write an int, read it, free: one thread, one block at a time. */
public open class ManagerBenchmark : HeapBenchmark() {
    override fun measure(heap: Heap<*>): Int = heap.allocateWriteFree(size, value)
}
