package dev.leasehold.benchmarks

import dev.leasehold.memory.Block
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.copyTo
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Measurement
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import kotlinx.benchmark.Warmup
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.Level
import java.lang.foreign.MemorySegment
import java.util.concurrent.TimeUnit

/**
 * Grows 64 MiB, every page of them resident, to 128 MiB, and writes an int at the new end.
 *
 * Each invocation gets a fresh block and gives it back outside the measured time: JMH stops its clock around fixtures
 * of an invocation. It reads the clock twice for that, which is nothing beside microseconds. The block is fresh but the
 * machine is not: the allocators keep or return what the invocation before had, each as it likes.
 */
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(2)
public open class ResizeBenchmark : Measured() {
    @Benchmark
    public fun resize(growing: Managed): Int {
        val grown = growing.block.resize(LARGE)
        growing.block = grown
        return grown.withSegment { it.writeAtEnd() }
    }

    @Benchmark
    public fun allocateCopyFree(growing: Managed): Int {
        val old = growing.block
        val grown = growing.manager.allocate(LARGE)
        growing.block = grown
        grown.withSegment { target -> old.withSegment { it.copyTo(target) } }
        old.close()
        return grown.withSegment { it.writeAtEnd() }
    }

    @Benchmark
    public fun realloc(growing: Malloced): Int {
        val grown = CLibrary.realloc(growing.block, LARGE)
        growing.block = grown
        return Segment.of(grown).writeAtEnd()
    }

    @Benchmark
    public fun mallocCopyFree(growing: Malloced): Int {
        val old = growing.block
        val grown = CHeap.SYSTEM.allocate(LARGE)
        growing.block = grown
        CLibrary.memcpy(grown, old)
        CHeap.SYSTEM.release(old)
        return Segment.of(grown).writeAtEnd()
    }

    /** A block of a manager. */
    @State(Scope.Thread)
    public open class Managed {
        internal val manager = SystemMemoryManager("bench")
        internal lateinit var block: Block

        @Setup(Level.Invocation)
        public fun allocate() {
            block = manager.allocate(SMALL)
            block.withSegment { it.touchEachPage() }
        }

        @TearDown(Level.Invocation)
        public fun free(): Unit = block.close()

        @TearDown
        public fun close(): Unit = manager.close()
    }

    /** A block of the C library. */
    @State(Scope.Thread)
    public open class Malloced {
        internal lateinit var block: MemorySegment

        @Setup(Level.Invocation)
        public fun allocate() {
            block = CHeap.SYSTEM.allocate(SMALL)
            Segment.of(block).touchEachPage()
        }

        @TearDown(Level.Invocation)
        public fun free(): Unit = CHeap.SYSTEM.release(block)
    }

    private companion object {
        const val SMALL = 64L shl 20
        const val LARGE = 128L shl 20
    }
}
