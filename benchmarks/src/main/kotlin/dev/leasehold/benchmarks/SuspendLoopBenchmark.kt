package dev.leasehold.benchmarks

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.rent
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import kotlinx.coroutines.yield

/**
 * A loop over bytes in a coroutine: in the body of the suspending lambda, in a scope inside of it, and in a plain
 * function that knows no coroutine.
 *
 * The lambda has a suspension point between parts of the bytes, which is never reached: so the compiler makes a state
 * machine of its body, as it does of most. One coroutine takes one lease after another on the calling thread and never waits.
 */
@State(Scope.Thread)
public open class SuspendLoopBenchmark : Measured() {
    /** How many bytes are summed. */
    @Param("1024", "65536")
    public var size: Int = 0

    /** Whether the coroutine suspends in its loop; a field, so that the compiler cannot know it. */
    public var suspends: Boolean = false

    private val pool = MemoryPool.shared()
    private lateinit var suspendingPool: SuspendingPool
    private lateinit var lease: Lease

    @Setup
    public fun open() {
        suspendingPool = SuspendingPool(pool, size.toLong())
        lease = pool.rent(size.toLong())
    }

    @TearDown
    public fun close() {
        lease.close()
        suspendingPool.close()
    }

    /** The loop is a part of the suspending lambda, over the view that may be kept there. */
    @Benchmark
    public fun inLambda(): Int = runUnsuspended {
        suspendingPool.withLease(size.toLong()) { lease ->
            val bytes = lease.keptSegment
            var sum = 0
            for (part in 0 until PARTS) {
                for (offset in startOf(part) until startOf(part + 1)) sum += bytes.getByte(offset)
                if (suspends) yield()
            }
            sum
        }
    }

    /** The loop stands in the scope that the lambda opens. */
    @Benchmark
    public fun inScope(): Int = runUnsuspended {
        suspendingPool.withLease(size.toLong()) { lease ->
            var sum = 0
            for (part in 0 until PARTS) {
                sum += lease.withSegment { bytes ->
                    var partSum = 0
                    for (offset in startOf(part) until startOf(part + 1)) partSum += bytes.getByte(offset)
                    partSum
                }
                if (suspends) yield()
            }
            sum
        }
    }

    /** The lambda gives the kept view to a plain function. */
    @Benchmark
    public fun inFunction(): Int = runUnsuspended {
        suspendingPool.withLease(size.toLong()) { lease ->
            val bytes = lease.keptSegment
            var sum = 0
            for (part in 0 until PARTS) {
                sum += sumOf(bytes, startOf(part), startOf(part + 1))
                if (suspends) yield()
            }
            sum
        }
    }

    /** No coroutine and no rent: the loop alone. */
    @Benchmark
    public fun plain(): Int = sumOf(lease.segment, 0, size.toLong())

    private fun startOf(part: Int): Long = size.toLong() / PARTS * part

    private fun sumOf(bytes: Segment, from: Long, until: Long): Int {
        var sum = 0
        for (offset in from until until) sum += bytes.getByte(offset)
        return sum
    }

    private companion object {
        /** After each of so many parts of the bytes the coroutine may suspend. */
        const val PARTS = 16
    }
}
