package dev.leasehold.benchmarks

import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.annotations.Level
import org.openjdk.jmh.infra.Control

/**
 * One contestant of the manager's benchmarks: where its blocks come from, and what becomes of them. [T] is what a
 * program would hold of a block.
 *
 * A JVM measures one contestant only, and each benchmark method names its own: so the calls below have one target each,
 * and the compiler puts it in their place.
 */
@State(Scope.Benchmark)
public abstract class Heap<T : Any> {
    private val slots = arrayOfNulls<Any>(LIVE)
    private val ring = HandOffRing<T>(CAPACITY)
    private var held: T? = null

    internal abstract fun allocate(size: Int): T

    internal abstract fun writeAndRead(block: T, value: Int): Int

    internal abstract fun free(block: T)

    /** Holds [block] until [take]; a heap whose blocks are plain addresses keeps them without an object. */
    internal open fun keep(slot: Int, block: T) {
        slots[slot] = block
    }

    /** What was kept last in [slot], or null when that was nothing. */
    @Suppress("UNCHECKED_CAST") // Only [keep] writes the slots.
    internal open fun take(slot: Int): T? = slots[slot] as T?

    /** Gives back what the contestant itself holds, after all of its blocks. */
    internal open fun shutDown() {}

    /** The pattern of one thread: the block is gone before the next comes. */
    internal fun allocateWriteFree(size: Int, value: Int): Int {
        val block = allocate(size)
        try {
            return writeAndRead(block, value)
        } finally {
            free(block)
        }
    }

    /** The pattern of churn: [slot] loses its block and gets a new one. */
    internal fun replace(slot: Int, size: Int, value: Int): Int {
        take(slot)?.let { free(it) }
        val block = allocate(size)
        val read = writeAndRead(block, value)
        keep(slot, block)
        return read
    }

    /** One side of the pattern of two threads: a written block goes into the ring. */
    internal fun handOver(size: Int, value: Int, control: Control): Int {
        val block = allocate(size)
        val read = writeAndRead(block, value)
        if (!ring.put(block, control)) free(block)
        return read
    }

    /** The other side: the oldest block out of the ring is freed. */
    internal fun freeHandedOver(control: Control) {
        ring.take(control)?.let { free(it) }
    }

    /**
     * Something lives all the while, as in every program. Without it some allocators, Netty's pooled one among them,
     * return the only chunk to the system at each free of a large block.
     */
    @Setup
    public fun hold() {
        held = allocate(HELD)
    }

    /** What was on its way when the iteration ended. */
    @TearDown(Level.Iteration)
    public fun drain(): Unit = ring.drain { free(it) }

    /** What was alive when the measurement ended. */
    @TearDown
    public fun close() {
        for (slot in 0 until LIVE) take(slot)?.let { free(it) }
        held?.let { free(it) }
        shutDown()
    }

    internal companion object {
        /** How many blocks live at once in the pattern of churn. */
        internal const val LIVE = 512
        private const val CAPACITY = 256
        private const val HELD = 1 shl 20
    }
}
