package dev.leasehold.benchmarks

import dev.leasehold.memory.Block
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryHolder
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.tryRentShared
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown

/**
 * Life at the limit: as many leases or blocks are out as the limit allows, and each operation closes the oldest, takes
 * another in its place, writes an int and reads it. Nothing may be refused, for what was closed is free.
 *
 * The cases that end in `Kept` reach the bytes through a view that may be kept, whose memory waits until the view is
 * cut off: at the limit the next request has to wait for that, too.
 */
public open class LimitBenchmark : Measured() {
    @Benchmark
    public fun slabPool(full: SlabPool): Int = full.replaceOldest { it.writeAndRead(full.value) }

    @Benchmark
    public fun slabPoolKept(full: SlabPool): Int = full.replaceOldest { it.keptSegment.writeAndRead(full.value) }

    @Benchmark
    public fun fixedPool(full: FixedPool): Int = full.replaceOldest { it.writeAndRead(full.value) }

    @Benchmark
    public fun fixedPoolKept(full: FixedPool): Int = full.replaceOldest { it.keptSegment.writeAndRead(full.value) }

    @Benchmark
    public fun manager(full: Manager): Int = full.replaceOldest { it.writeAndRead(full.value) }

    @Benchmark
    public fun managerKept(full: Manager): Int = full.replaceOldest { it.keptSegment.writeAndRead(full.value) }

    /** A request that cannot be served, where nothing comes back. */
    @Benchmark
    public fun slabPoolRefused(full: SlabPool): Boolean = full.isRefused()

    @Benchmark
    public fun fixedPoolRefused(full: FixedPool): Boolean = full.isRefused()

    /** Leases of a pool of any size, whose limit they fill. */
    public open class SlabPool : Full<SharedLease>() {
        private val pool = MemoryPool.isolated("limit") { limit = LIMIT }

        override fun tryTake(): SharedLease? = pool.tryRentShared(size.toLong())

        override fun take(): SharedLease = pool.rentShared(size.toLong())

        override fun shutDown(): Unit = pool.close()
    }

    /** Leases of a pool of equal chunks, all of which are out. */
    public open class FixedPool : Full<SharedLease>() {
        private lateinit var pool: MemoryPool

        override fun open() {
            pool = MemoryPool.fixed("limit", size.toLong(), (LIMIT / size).toInt())
        }

        override fun tryTake(): SharedLease? = pool.tryRentShared(size.toLong())

        override fun take(): SharedLease = pool.rentShared(size.toLong())

        override fun shutDown(): Unit = pool.close()
    }

    /** Blocks of a manager, whose limit they fill. */
    public open class Manager : Full<Block>() {
        private val manager = SystemMemoryManager("limit") { limit = LIMIT }

        override fun tryTake(): Block? = try {
            manager.allocate(size.toLong())
        } catch (_: MemoryExhaustedException) {
            null
        }

        override fun take(): Block = manager.allocate(size.toLong())

        override fun shutDown(): Unit = manager.close()
    }

    /** Everything that a source of memory gives, in the order in which it came. */
    @State(Scope.Thread)
    public abstract class Full<T : MemoryHolder> {
        /** How many bytes are requested. */
        @Param("1024", "65536")
        public var size: Int = 0

        /** What is written; a field, so that the compiler cannot know it. */
        public var value: Int = 42

        private val held = ArrayList<T>()
        private var oldest = 0

        internal open fun open() {}

        internal abstract fun tryTake(): T?

        internal abstract fun take(): T

        internal abstract fun shutDown()

        internal inline fun replaceOldest(use: (T) -> Int): Int {
            val slot = oldest
            held[slot].close()
            val fresh = take()
            held[slot] = fresh
            oldest = if (slot + 1 == held.size) 0 else slot + 1
            return use(fresh)
        }

        internal fun isRefused(): Boolean = tryTake() == null

        @Setup
        public fun fill() {
            open()
            while (true) held.add(tryTake() ?: break)
        }

        @TearDown
        public fun close() {
            held.forEach { it.close() }
            shutDown()
        }
    }

    private companion object {
        val LIMIT = 1024.KiB
    }
}
