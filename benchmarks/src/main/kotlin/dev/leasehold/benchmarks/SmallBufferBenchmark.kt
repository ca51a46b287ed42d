package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.SmallBuffer
import dev.leasehold.memory.typed.SmallObjectBuffer
import dev.leasehold.memory.typed.SmallStructBuffer
import dev.leasehold.memory.typed.drain
import dev.leasehold.memory.typed.push
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.jctools.queues.MpscChunkedArrayQueue
import org.jctools.queues.MpscUnboundedArrayQueue
import org.jctools.queues.MpscUnboundedXaddArrayQueue
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.OperationsPerInvocation
import java.util.Queue
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicLong

/**
 * One thread pushes as many elements as the name ends with, and drains them: time for an element. A push costs an
 * atomic operation in every race, so that [fetchAdd16] is the floor under all of them.
 *
 * The queues hold references, so they get numbers that were boxed before; a program of its own would box.
 */
@State(Scope.Thread)
@Fork(2)
public open class SmallBufferBenchmark : Measured() {
    private val boxed = Array(MANY) { 1000L + it }
    private val longs = SmallBuffer.ofLongs(FEW)
    private val objects = SmallObjectBuffer<Long>(FEW)
    private lateinit var structs: SmallStructBuffer<Long>
    private val counter = AtomicLong()
    private val linked = ConcurrentLinkedQueue<Long>()
    private val xadd = MpscUnboundedXaddArrayQueue<Long>(CHUNK)
    private val unbounded = MpscUnboundedArrayQueue<Long>(CHUNK)
    private val chunked = MpscChunkedArrayQueue<Long>(CHUNK, 1 shl 16)

    @Setup
    public fun allocate() {
        structs = SmallStructBuffer(ElementType.LONG, FEW, MemoryManager.system())
    }

    @TearDown
    public fun close(): Unit = structs.close()

    @Benchmark
    @OperationsPerInvocation(FEW)
    public fun smallBuffer16(): Long = pushAndDrainLongs(FEW)

    @Benchmark
    @OperationsPerInvocation(MANY)
    public fun smallBuffer1600(): Long = pushAndDrainLongs(MANY)

    @Benchmark
    @OperationsPerInvocation(FEW)
    public fun smallObjectBuffer16(): Long = pushAndDrainObjects(FEW)

    @Benchmark
    @OperationsPerInvocation(MANY)
    public fun smallObjectBuffer1600(): Long = pushAndDrainObjects(MANY)

    @Benchmark
    @OperationsPerInvocation(FEW)
    public fun smallStructBuffer16(): Long = pushAndDrainStructs(FEW)

    @Benchmark
    @OperationsPerInvocation(MANY)
    public fun smallStructBuffer1600(): Long = pushAndDrainStructs(MANY)

    @Benchmark
    @OperationsPerInvocation(FEW)
    public fun fetchAdd16(): Long = fetchAndAdd(FEW)

    @Benchmark
    @OperationsPerInvocation(MANY)
    public fun fetchAdd1600(): Long = fetchAndAdd(MANY)

    @Benchmark
    @OperationsPerInvocation(FEW)
    public fun concurrentLinkedQueue16(): Long = offerAndPoll(linked, FEW)

    @Benchmark
    @OperationsPerInvocation(MANY)
    public fun concurrentLinkedQueue1600(): Long = offerAndPoll(linked, MANY)

    @Benchmark
    @OperationsPerInvocation(FEW)
    public fun jctoolsXadd16(): Long = offerAndDrainXadd(FEW)

    @Benchmark
    @OperationsPerInvocation(MANY)
    public fun jctoolsXadd1600(): Long = offerAndDrainXadd(MANY)

    @Benchmark
    @OperationsPerInvocation(FEW)
    public fun jctoolsUnbounded16(): Long = offerAndDrainUnbounded(FEW)

    @Benchmark
    @OperationsPerInvocation(MANY)
    public fun jctoolsUnbounded1600(): Long = offerAndDrainUnbounded(MANY)

    @Benchmark
    @OperationsPerInvocation(FEW)
    public fun jctoolsChunked16(): Long = offerAndDrainChunked(FEW)

    @Benchmark
    @OperationsPerInvocation(MANY)
    public fun jctoolsChunked1600(): Long = offerAndDrainChunked(MANY)

    private fun pushAndDrainLongs(count: Int): Long {
        for (value in 0L..<count) longs.push(value)
        var sum = 0L
        longs.drain { sum += it }
        return sum
    }

    private fun pushAndDrainObjects(count: Int): Long {
        for (at in 0..<count) objects.push(boxed[at])
        var sum = 0L
        objects.drain { value: Long -> sum += value }
        return sum
    }

    private fun pushAndDrainStructs(count: Int): Long {
        for (value in 0L..<count) structs.pushSegment { it.setLong(0, value) }
        var sum = 0L
        structs.drainSegments { sum += it.getLong(0) }
        return sum
    }

    private fun fetchAndAdd(count: Int): Long {
        for (at in 0..<count) counter.getAndIncrement()
        return counter.get()
    }

    private fun offerAndPoll(queue: Queue<Long>, count: Int): Long {
        for (at in 0..<count) queue.offer(boxed[at])
        var sum = 0L
        while (true) sum += queue.poll() ?: return sum
    }

    // Each with its own type in sight, and the calls that its makers recommend for one consumer.

    private fun offerAndDrainXadd(count: Int): Long {
        for (at in 0..<count) xadd.offer(boxed[at])
        var sum = 0L
        while (true) sum += xadd.relaxedPoll() ?: return sum
    }

    private fun offerAndDrainUnbounded(count: Int): Long {
        for (at in 0..<count) unbounded.offer(boxed[at])
        var sum = 0L
        while (true) sum += unbounded.relaxedPoll() ?: return sum
    }

    private fun offerAndDrainChunked(count: Int): Long {
        for (at in 0..<count) chunked.offer(boxed[at])
        var sum = 0L
        while (true) sum += chunked.relaxedPoll() ?: return sum
    }

    private companion object {
        const val FEW = 16
        const val MANY = 1600
        const val CHUNK = 1024
    }
}
