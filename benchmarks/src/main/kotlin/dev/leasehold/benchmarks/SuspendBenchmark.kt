package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.rentShared
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.sync.Semaphore
import kotlinx.coroutines.sync.withPermit
import kotlinx.coroutines.yield
import org.openjdk.jmh.annotations.OperationsPerInvocation
import java.nio.ByteBuffer

/**
 * Memory for code that suspends, bounded to eight blocks: get it, write an int, read it, give it back.
 *
 * On the free path one coroutine is alone and never waits. In the contended cases 64 coroutines share the default
 * dispatcher's threads, and each suspends (`yield`) between the write and the read, so that all eight blocks are out
 * and the others really wait; the time is that of the whole, divided by all operations.
 */
public open class SuspendBenchmark : Measured() {
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public fun withLease(free: Free): Int = inOneCoroutine {
        free.suspendingPool.withLease(free.bytes) { it.writeAndRead(free.value) }
    }

    /** What [withLease] is built on, without the bound. */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public fun sharedLease(free: Free): Int = inOneCoroutine {
        free.pool.rentShared(free.bytes).use { it.writeAndRead(free.value) }
    }

    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public fun semaphoreAndNetty(free: Free): Int = inOneCoroutine {
        free.semaphore.withPermit { nettyAdaptiveAllocator.rentWriteReadRelease(free.bytes.toInt(), free.value) }
    }

    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public fun channelPool(free: Free): Int = inOneCoroutine {
        free.channel.withBlock { it.putInt(0, free.value).getInt(0) }
    }

    @Benchmark
    @OperationsPerInvocation(CONTENDED_OPERATIONS)
    public fun withLeaseContended(contended: Contended): Int = inManyCoroutines {
        contended.suspendingPool.withLease(contended.bytes) { lease ->
            lease.withSegment { it.setInt(0, contended.value) }
            yield()
            lease.withSegment { it.getInt(0) }
        }
    }

    @Benchmark
    @OperationsPerInvocation(CONTENDED_OPERATIONS)
    public fun semaphoreAndNettyContended(contended: Contended): Int = inManyCoroutines {
        contended.semaphore.withPermit {
            nettyAdaptiveAllocator.withBuffer(contended.bytes.toInt()) {
                val _ = it.setInt(0, contended.value)
                yield()
                it.getInt(0)
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(CONTENDED_OPERATIONS)
    public fun channelPoolContended(contended: Contended): Int = inManyCoroutines {
        contended.channel.withBlock {
            val _ = it.putInt(0, contended.value)
            yield()
            it.getInt(0)
        }
    }

    /** What all contestants share on the free path. */
    public open class Free : Contestants() {
        /** How many bytes are requested. */
        @Param("64", "1024", "65536")
        public var size: Int = 0

        override val bytes: Long get() = size.toLong()
    }

    /** The same for the contended cases, of one size. */
    public open class Contended : Contestants() {
        override val bytes: Long get() = KIB
    }

    /** Each contestant's eight blocks. */
    @State(Scope.Benchmark)
    public abstract class Contestants {
        /** What is written; a field, so that the compiler cannot know it. */
        public var value: Int = 42

        internal abstract val bytes: Long
        internal val pool = MemoryPool.shared()
        internal val semaphore = Semaphore(BLOCKS)
        internal lateinit var suspendingPool: SuspendingPool
        internal lateinit var channel: Channel<ByteBuffer>

        @Setup
        public fun open() {
            suspendingPool = SuspendingPool(pool, BLOCKS * bytes)
            channel = channelOfBlocks(BLOCKS, bytes.toInt())
        }

        @TearDown
        public fun close(): Unit = suspendingPool.close()
    }

    private companion object {
        const val BLOCKS = 8
        const val KIB = 1024L
    }
}
