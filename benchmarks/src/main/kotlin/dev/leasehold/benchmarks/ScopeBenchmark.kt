package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import dev.leasehold.memory.dsl.memoryScope
import dev.leasehold.memory.rent
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Scope
import kotlinx.benchmark.State
import java.lang.foreign.Arena

/** What a scope costs beside one plain lease: eight small segments out of it, or one rent in it, closed early. */
@State(Scope.Thread)
public open class ScopeBenchmark : Measured() {
    /** What is written; a field, so that the compiler cannot know it. */
    public var value: Int = 42

    private val pool = MemoryPool.shared()

    @Benchmark
    public fun lease(): Int = pool.rent(LEASE).use { it.segment.writeAndRead(value) }

    @Benchmark
    public fun eightAllocations(): Int = memoryScope(pool) { writeAndReadEight { allocate(SMALL) } }

    @Benchmark
    public fun scopedRent(): Int = memoryScope { pool.rent(LEASE).use { it.segment.writeAndRead(value) } }

    @Benchmark
    public fun confinedArenaEight(): Int =
        Arena.ofConfined().use { arena -> writeAndReadEight { Segment.of(arena.allocate(SMALL)) } }

    // One by one and all alive at once, as code that needs eight buffers has them.
    private inline fun writeAndReadEight(allocate: () -> Segment): Int {
        val first = allocate()
        val second = allocate()
        val third = allocate()
        val fourth = allocate()
        val fifth = allocate()
        val sixth = allocate()
        val seventh = allocate()
        val eighth = allocate()
        return first.writeAndRead(value) + second.writeAndRead(value) + third.writeAndRead(value) +
            fourth.writeAndRead(value) + fifth.writeAndRead(value) + sixth.writeAndRead(value) +
            seventh.writeAndRead(value) + eighth.writeAndRead(value)
    }

    private companion object {
        const val LEASE = 1024L
        const val SMALL = 64L
    }
}
