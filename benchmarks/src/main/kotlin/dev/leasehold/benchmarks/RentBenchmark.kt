package dev.leasehold.benchmarks

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.State
import org.openjdk.jmh.annotations.CompilerControl
import org.openjdk.jmh.annotations.CompilerControl.Mode.DONT_INLINE
import java.lang.foreign.Arena

/** Get memory, write an int, read it, give the memory back: one thread, every rival the same work. */
@State(Scope.Thread)
public open class RentBenchmark : Measured() {
    /** How many bytes are requested. */
    @Param("64", "1024", "65536")
    public var size: Int = 0

    /** What is written; a field, so that the compiler cannot know it. */
    public var value: Int = 42

    private val pool = MemoryPool.shared()

    @Benchmark
    public fun lease(): Int = pool.rent(size.toLong()).use { it.segment.writeAndRead(value) }

    /** The lease is passed to a method that is not inlined, so it has to exist as an object. */
    @Benchmark
    public fun leaseEscaping(): Int = pool.rent(size.toLong()).use { touch(it) }

    /** A caller's own method, as far as the compiler can tell. */
    @CompilerControl(DONT_INLINE)
    public fun touch(lease: Lease): Int = lease.segment.writeAndRead(value)

    /** The bytes are reached in a scope of this thread. */
    @Benchmark
    public fun sharedLease(): Int = pool.rentShared(size.toLong()).use { it.writeAndRead(value) }

    /** The same through a view that any thread may keep, which is paid for at the close. */
    @Benchmark
    public fun keptView(): Int = pool.rentShared(size.toLong()).use { it.keptSegment.writeAndRead(value) }

    @Benchmark
    public fun nettyPooled(): Int = nettyPooledAllocator.rentWriteReadRelease(size, value)

    @Benchmark
    public fun nettyAdaptive(): Int = nettyAdaptiveAllocator.rentWriteReadRelease(size, value)

    @Benchmark
    public fun confinedArena(): Int = Arena.ofConfined().use { allocateIn(it) }

    @Benchmark
    public fun sharedArena(): Int = Arena.ofShared().use { allocateIn(it) }

    private fun allocateIn(arena: Arena): Int = Segment.of(arena.allocate(size.toLong())).writeAndRead(value)

    @Benchmark
    public fun mallocFree(): Int {
        val memory = CHeap.SYSTEM.allocate(size.toLong())
        try {
            return Segment.of(memory).writeAndRead(value)
        } finally {
            CHeap.SYSTEM.release(memory)
        }
    }

    @Benchmark
    public fun heapArray(): Int {
        val array = ByteArray(size)
        ByteArrays.setInt(array, 0, value)
        return ByteArrays.getInt(array, 0)
    }
}
