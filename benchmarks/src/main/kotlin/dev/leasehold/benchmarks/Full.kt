package dev.leasehold.benchmarks

import dev.leasehold.memory.Block
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryHolder
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.tryRentShared
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.infra.BenchmarkParams

/** What all cases of [LimitBenchmark] have in common. */
@State(Scope.Benchmark)
public abstract class AtLimit {
    /** How many bytes are requested. */
    @Param("1024", "65536")
    public var size: Int = 0

    /** What is written; a field, so that the compiler cannot know it. */
    public var value: Int = 42
}

/** A pool whose limit is nowhere near. */
public open class Unlimited : AtLimit() {
    private val pool = MemoryPool.shared()

    internal fun rentWriteReadClose(): Int = pool.rentShared(size.toLong()).use { it.writeAndRead(value) }
}

/** Everything that a source of memory gives, in equal shares for the threads. */
public abstract class Full<T : MemoryHolder> : AtLimit() {
    private lateinit var shares: List<Share<T>>

    internal open fun open() {}

    internal abstract fun tryTake(): T?

    internal abstract fun take(): T

    internal abstract fun shutDown()

    /** Closes what the thread of that index has had longest, and takes another in its place. */
    internal fun replaceOldest(thread: Int): Int {
        val share = shares[thread]
        share.oldest().close()
        val fresh = take()
        share.replaceOldest(fresh)
        return fresh.writeAndRead(value)
    }

    internal fun isRefused(): Boolean = tryTake() == null

    @Setup
    public fun fill(benchmark: BenchmarkParams) {
        open()
        val all = generateSequence(::tryTake).toList()
        check(all.size >= benchmark.threads) {
            "the limit has room for ${all.size} of $size bytes, not for each thread"
        }
        shares = List(benchmark.threads) { thread ->
            Share(all.filterIndexed { index, _ -> index % benchmark.threads == thread })
        }
    }

    @TearDown
    public fun close() {
        shares.forEach { share -> share.all.forEach { it.close() } }
        shutDown()
    }

    internal companion object {
        /** What may be out at once. */
        internal val LIMIT: Long = 1024.KiB
    }
}

/** What one thread holds, in the order in which it came. */
internal class Share<T>(first: List<T>) {
    private val held = ArrayList(first)

    // In an array of its own, far from what other threads write.
    private val oldest = IntArray(PADDED)

    val all: List<T> get() = held

    fun oldest(): T = held[oldest[OWN]]

    fun replaceOldest(fresh: T) {
        val slot = oldest[OWN]
        held[slot] = fresh
        oldest[OWN] = if (slot + 1 == held.size) 0 else slot + 1
    }

    private companion object {
        const val PADDED = 64
        const val OWN = 32
    }
}

/** Leases of a pool of any size, whose limit they fill. */
public open class FullSlabPool : Full<SharedLease>() {
    private val pool = MemoryPool.isolated("limit") { limit = LIMIT }

    override fun tryTake(): SharedLease? = pool.tryRentShared(size.toLong())

    override fun take(): SharedLease = pool.rentShared(size.toLong())

    override fun shutDown(): Unit = pool.close()
}

/** Leases of a pool of equal chunks, all of which are out. */
public open class FullFixedPool : Full<SharedLease>() {
    private lateinit var pool: MemoryPool

    override fun open() {
        pool = MemoryPool.fixed("limit", size.toLong(), (LIMIT / size).toInt())
    }

    override fun tryTake(): SharedLease? = pool.tryRentShared(size.toLong())

    override fun take(): SharedLease = pool.rentShared(size.toLong())

    override fun shutDown(): Unit = pool.close()
}

/** Blocks of a manager, whose limit they fill. */
public open class FullManager : Full<Block>() {
    private val manager = SystemMemoryManager("limit") { limit = LIMIT }

    override fun tryTake(): Block? = try {
        manager.allocate(size.toLong())
    } catch (_: MemoryExhaustedException) {
        null
    }

    override fun take(): Block = manager.allocate(size.toLong())

    override fun shutDown(): Unit = manager.close()
}

/** Leases of a pool without a limit, at the bottom of three budgets, of which they fill the innermost. */
public open class FullBudgetTree : Full<SharedLease>() {
    internal val innermost: MemoryBudget get() = sockets

    private val app = MemoryBudget("app", FAR)
    private val ingest = MemoryBudget("ingest", FAR, app)
    private val sockets = MemoryBudget("sockets", LIMIT, ingest)
    private val pool = MemoryPool.isolated("limit") { budget = sockets }

    override fun tryTake(): SharedLease? = pool.tryRentShared(size.toLong())

    override fun take(): SharedLease = pool.rentShared(size.toLong())

    override fun shutDown() {
        pool.close()
        listOf(sockets, ingest, app).forEach(MemoryBudget::close)
    }

    private companion object {
        const val FAR = 8L shl 30
    }
}

/** The same where two more pools draw on the innermost budget, and hold a lease each. */
public open class FullSharedBudget : FullBudgetTree() {
    private val others = List(2) { MemoryPool.isolated("other-$it") { budget = innermost } }
    private lateinit var held: List<SharedLease>

    override fun open() {
        held = others.map { it.rentShared(size.toLong()) }
    }

    override fun shutDown() {
        held.forEach(SharedLease::close)
        others.forEach(MemoryPool::close)
        super.shutDown()
    }
}
