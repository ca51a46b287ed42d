package dev.leasehold.benchmarks

import dev.leasehold.memory.Segment
import dev.leasehold.memory.typed.Bytes
import dev.leasehold.memory.typed.HoldableObjectPool
import dev.leasehold.memory.typed.ObjectPool
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.view
import io.netty.util.Recycler
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Scope
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.jctools.queues.MpmcArrayQueue
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.Group
import org.openjdk.jmh.annotations.Threads
import org.openjdk.jmh.infra.Control
import stormpot.Allocator
import stormpot.BasePoolable
import stormpot.Pool
import stormpot.Slot
import stormpot.Timeout
import java.lang.foreign.MemorySegment
import java.util.concurrent.TimeUnit

/**
 * Allocates an object of 64 bytes, writes a word, reads it, and frees it. Names that end in a number are by so many
 * threads, each for itself; the report shows time per operation and core.
 */
@State(Scope.Thread)
@Fork(2)
public open class ObjectPoolBenchmark : Measured() {
    /** What is written; a field, so that the compiler cannot know it. */
    public var value: Long = 42

    @Benchmark
    public fun pooled(pools: ObjectPools): Long = allocateAndFree(pools.owned)

    @Benchmark
    @Threads(2)
    public fun pooled2(pools: ObjectPools): Long = allocateAndFree(pools.owned)

    @Benchmark
    public fun holdable(pools: ObjectPools): Long = allocateAndFree(pools.holdable)

    private fun allocateAndFree(pool: ObjectPool<Segment>): Long {
        val handle = pool.allocateHandle()
        val segment = pool[handle]
        segment.setLong(8, value)
        return segment.getLong(8).also { pool.free(handle) }
    }

    /** By the object that owns it. */
    @Benchmark
    public fun pooledObject(pools: ObjectPools): Long = pools.owned.allocate().use { owned ->
        val segment = owned.view
        segment.setLong(8, value)
        segment.getLong(8)
    }

    /** Allocated here, freed on another thread. */
    @Benchmark
    @Group("handOver")
    public fun allocateForAnother(ring: HandleRing, control: Control): Boolean = ring.allocate(control)

    @Benchmark
    @Group("handOver")
    public fun freeOfAnother(ring: HandleRing, control: Control): Boolean = ring.free(control)

    @Benchmark
    @Group("mallocFreeHandOver")
    public fun mallocForAnother(ring: MallocRing, control: Control): Boolean = ring.allocate(control)

    @Benchmark
    @Group("mallocFreeHandOver")
    public fun freeOfMalloc(ring: MallocRing, control: Control): Boolean = ring.free(control)

    @Benchmark
    public fun mallocFree(): Long {
        val block: MemorySegment = CHeap.SYSTEM.allocate(SIZE)
        val segment = Segment.of(block)
        segment.setLong(8, value)
        return segment.getLong(8).also { CHeap.SYSTEM.release(block) }
    }

    @Benchmark
    public fun nettyRecycler(pools: ObjectPools): Long {
        val recycled = pools.recycler.get()
        recycled.word = value
        return recycled.word.also { checkNotNull(recycled.handle).recycle(recycled) }
    }

    @Benchmark
    public fun queueOfObjects(pools: ObjectPools): Long {
        val ready = checkNotNull(pools.queue.relaxedPoll())
        ready.word = value
        return ready.word.also { check(pools.queue.relaxedOffer(ready)) }
    }

    @Benchmark
    public fun stormpot(pools: ObjectPools): Long {
        val claimed = checkNotNull(pools.stormpot.claim(pools.timeout))
        claimed.word = value
        return claimed.word.also { claimed.release() }
    }

    internal companion object {
        internal const val SIZE: Long = 64
    }
}

/** An object of 64 bytes on the heap, its header and what Netty keeps with it included. */
@Suppress("unused")
public open class HeapObject internal constructor(internal val handle: Recycler.Handle<HeapObject>?) {
    internal var word = 0L
    internal var second = 0L
    internal var third = 0L
    internal var fourth = 0L
    internal var fifth = 0L
}

internal class StormpotObject(slot: Slot) : BasePoolable(slot) {
    var word = 0L
}

/** The pools of [ObjectPoolBenchmark]. */
@State(Scope.Benchmark)
public open class ObjectPools {
    internal val owned = ObjectPool("owned", Bytes(ObjectPoolBenchmark.SIZE, 8))
    internal val holdable: ObjectPool<Segment> = HoldableObjectPool("holdable", Bytes(ObjectPoolBenchmark.SIZE, 8))
    internal val recycler = object : Recycler<HeapObject>() {
        override fun newObject(handle: Handle<HeapObject>) = HeapObject(handle)
    }
    internal val queue = MpmcArrayQueue<HeapObject>(1024).apply { repeat(512) { check(offer(HeapObject(null))) } }
    internal val stormpot: Pool<StormpotObject> = Pool.from(
        object : Allocator<StormpotObject> {
            override fun allocate(slot: Slot) = StormpotObject(slot)

            override fun deallocate(poolable: StormpotObject) = Unit
        },
    ).setSize(64).build()
    internal val timeout = Timeout(1, TimeUnit.SECONDS)

    @TearDown
    public fun close() {
        owned.close()
        holdable.close()
        val _ = stormpot.shutdown()
    }
}
