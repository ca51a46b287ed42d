package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.arrow.newRootAllocator
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Measurement
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.State
import kotlinx.benchmark.Warmup
import org.apache.arrow.memory.AllocationManager
import org.apache.arrow.memory.ArrowBuf
import org.apache.arrow.memory.BufferAllocator
import org.apache.arrow.memory.ReferenceManager
import org.apache.arrow.memory.RootAllocator
import java.util.concurrent.TimeUnit

/**
 * A buffer from Arrow's interface, on the memory of a manager and on Arrow's own two: get it, write an int, read it,
 * release it. And on no memory at all, which is what Arrow's own accounting takes of each of them.
 *
 * The compiler takes some seconds for Arrow's way to a buffer, before which figures are four times as high.
 */
@State(Scope.Thread)
@Warmup(iterations = 15, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 8, time = 400, timeUnit = TimeUnit.MILLISECONDS)
public open class ArrowBridgeBenchmark : Measured() {
    /** How many bytes are requested. */
    @Param("1024")
    public var size: Int = 0

    /** What is written; a field, so that the compiler cannot know it. */
    public var value: Int = 42

    @Benchmark
    public fun leasehold(heap: ArrowLeasehold): Int = heap.allocateWriteFree(size, value)

    @Benchmark
    public fun arrowUnsafe(heap: ArrowUnsafe): Int = heap.allocateWriteFree(size, value)

    @Benchmark
    public fun arrowNetty(heap: ArrowNetty): Int = heap.allocateWriteFree(size, value)

    @Benchmark
    public fun accountingAlone(heap: ArrowAccounting): Int = heap.allocateWriteFree(size, value)
}

/** Over the process's own manager. */
public open class ArrowLeasehold : ArrowHeap({ MemoryManager.system().newRootAllocator() })

/** Over memory that is always the same: what is left is Arrow's own. */
public open class ArrowAccounting : ArrowHeap({ ArrowAllocators.on(SameMemory) })

private object SameMemory : AllocationManager.Factory {
    private val block = MemoryManager.system().allocate(1L shl 20)

    override fun create(accountingAllocator: BufferAllocator, size: Long): AllocationManager =
        Allocation(accountingAllocator, size)

    override fun empty(): ArrowBuf = ArrowBuf(ReferenceManager.NO_OP, null, 0, 0)

    private class Allocation(allocator: BufferAllocator, private val bytes: Long) : AllocationManager(allocator) {
        override fun getSize(): Long = bytes

        override fun memoryAddress(): Long = block.address

        override fun release0() {}
    }
}
