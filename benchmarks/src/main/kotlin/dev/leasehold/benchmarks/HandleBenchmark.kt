package dev.leasehold.benchmarks

import dev.leasehold.memory.typed.Bytes
import dev.leasehold.memory.typed.Handle
import dev.leasehold.memory.typed.HoldableObjectPool
import dev.leasehold.memory.typed.ObjectPool
import dev.leasehold.memory.typed.find
import dev.leasehold.memory.typed.hold
import dev.leasehold.memory.typed.read
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.OperationsPerInvocation
import java.util.Random
import java.util.concurrent.atomic.AtomicLong

private const val LOOKS = 4096

/** Looks at 4,096 objects through their handles, in random order; an operation is one look. */
@State(Scope.Thread)
@Fork(2)
@OperationsPerInvocation(LOOKS)
public open class HandleBenchmark : Measured() {
    /** How many objects live. */
    @Param("4096", "1048576")
    public var size: Int = 0

    private val owned = ObjectPool("owned", Bytes(64, 8))
    private val holdable = HoldableObjectPool("holdable", Bytes(64, 8))
    private val ownedHandles = LongArray(LOOKS)
    private val heldHandles = LongArray(LOOKS)
    private val heap = arrayOfNulls<HeapObject>(LOOKS)
    private val count = AtomicLong()

    @Setup
    public fun fill() {
        val random = Random(7)
        val all = LongArray(size) { owned.allocateHandle().bits }
        val held = LongArray(size) { holdable.allocateHandle().bits }
        val onHeap = Array(size) { HeapObject(null) }
        for (at in 0 until LOOKS) {
            val chosen = random.nextInt(size)
            ownedHandles[at] = all[chosen]
            heldHandles[at] = held[chosen]
            heap[at] = onHeap[chosen]
        }
    }

    @TearDown
    public fun close() {
        owned.close()
        holdable.close()
    }

    /** Whether the object lives, and no access. */
    @Benchmark
    public fun contains(): Int {
        var living = 0
        for (bits in ownedHandles) if (Handle(bits) in owned) living++
        return living
    }

    /** Finds the object and reads a word of it. */
    @Benchmark
    public fun findAndGet(): Long {
        var sum = 0L
        for (bits in ownedHandles) owned.find(Handle(bits))?.let { sum += it.getLong(8) }
        return sum
    }

    /** Reads a word, checked before and after. */
    @Benchmark
    public fun read(): Long {
        var sum = 0L
        for (bits in ownedHandles) owned.read(Handle(bits)) { it.getLong(8) }?.let { sum += it }
        return sum
    }

    /** Holds the object, and reads a word. */
    @Benchmark
    public fun hold(): Long {
        var sum = 0L
        for (bits in heldHandles) holdable.hold(Handle(bits)) { it.getLong(8) }?.let { sum += it }
        return sum
    }

    /** What an atomic addition costs here. */
    @Benchmark
    public fun fetchAndAdd(): Long {
        var sum = 0L
        for (bits in heldHandles) sum += count.getAndAdd(bits)
        return sum
    }

    /** A field of objects on the heap, through references. */
    @Benchmark
    public fun heapObject(): Long {
        var sum = 0L
        for (target in heap) sum += checkNotNull(target).word
        return sum
    }
}
