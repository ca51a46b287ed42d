@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.invalidConfiguration
import dev.leasehold.memory.internal.spi.invalidSize
import dev.leasehold.memory.internal.spi.poolClosed
import dev.leasehold.memory.internal.spi.requirePossible
import dev.leasehold.memory.internal.spi.tracesSites
import dev.leasehold.memory.rentShared
import kotlinx.coroutines.Job
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.sync.Mutex
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration

/**
 * A pool whose rents suspend while its bytes are out: at most [capacity] bytes of leases at a time, first come, first served.
 *
 * ```kotlin
 * val buffers = SuspendingPool(MemoryPool.isolated("uploads"), capacity = 64.MiB)
 * buffers.withLease(256.KiB) { lease -> receive(lease) }
 * ```
 *
 * The line is strict: nobody overtakes, so a large request is not starved by small ones, and small ones wait behind it.
 * Cancellation takes a waiter out of the line at once, and loses nothing, whenever it comes.
 *
 * Bytes count as they were asked for. The memory itself comes from [pool], which rounds up and keeps idle blocks; give that a limit
 * where memory must stay under one, with room above the capacity, because what has come back may be in quarantine until leases that
 * were rented at about the same time have ended as well. When it refuses, because others rent from it or its own limit is reached,
 * a rent waits in the pool's line with the bytes it was granted here.
 *
 * **Ownership.** Whoever makes it closes it, and the [pool] below, which it does not close. A lease stays valid when it is closed.
 * **Threads.** All functions may be called from any thread and any coroutine; a coroutine may go on on another thread.
 * **Zeroed.** Only when the pool's hygiene says so.
 *
 * Threads wait in the same line by [rentBlocking], and futures by [rentAsync]; for Java these are statics of `SuspendingMemory`.
 *
 * @see withLease
 * @see memoryScope
 */
public class SuspendingPool internal constructor(
    /** Where the memory comes from. */
    public val pool: MemoryPool,
    capacity: Long,
    /** How many may wait at a time. */
    public val maxWaiters: Int,
    internal val stallPatience: Duration,
) : AutoCloseable {
    internal val line = ByteLine(capacity, maxWaiters)
    internal val watch = ScopeWatch(this)
    internal val stalls = StallReport(this)
    private val traced = pool.tracesSites()

    /** Which coroutine holds how much by [withLease]; known only where it is traced. */
    private val calls: CallLedger? = if (traced) CallLedger() else null

    /** What a coroutine in the line fails with when this is closed; one object for all of them. */
    private val refusal: () -> Throwable = { closed() }

    /** Held by the group that waits for the pool below with some of its leases in hand. */
    internal val groupTurn = Mutex()

    /** Those who wait for the pool below. */
    internal val turns = Turns()

    /** The [pool]'s name: what figures and errors carry. */
    public val name: String get() = pool.name

    /** How many bytes may be out at a time, as asked for. */
    public val capacity: Long get() = line.capacity

    /** Whether it refuses to rent because it has been closed. A moment's truth, for diagnosis. */
    public val isClosed: Boolean get() = line.isClosed

    /** The figures of this moment. Costs a few reads. */
    public fun stats(): SuspendingPoolStatistics =
        SuspendingPoolStatistics(line.capacity, line.used, line.waiters, line.peakWaiters, line.servedWaiters)

    /**
     * Closes it: it rents no more, and whoever waits gets a [PoolClosedException][dev.leasehold.memory.PoolClosedException].
     * Leases that are out stay valid and go back to the [pool] as they close, which stays open. Closing again does nothing.
     */
    override fun close() {
        line.close()
        turns.close()
    }

    /** The name, and the [stats] of this moment, for logs. */
    override fun toString(): String = "SuspendingPool '$name' (${stats()})"

    // ---- bytes ----

    /** Takes [size] bytes if nobody has to wait for that. */
    @PublishedApi
    @JvmSynthetic
    internal fun tryTake(size: Long): Boolean = line.tryTake(size)

    /**
     * Takes [size] bytes, after [tryTake] refused. When this throws, it has taken nothing.
     *
     * Here and below the answer has no meaning: it is that of the last call, because a suspending function that only hands on what
     * another answers needs no object for its own state.
     */
    @PublishedApi
    @JvmSynthetic
    @IgnorableReturnValue
    internal suspend fun take(size: Long): Any? = take(size, currentCoroutineContext(), null)

    /** The same for the coroutine of [context], as messages name it, and for the scope of [owner]. */
    @IgnorableReturnValue
    internal suspend fun take(size: Long, context: CoroutineContext, owner: LeaseLedger?): Any? {
        requireRentable(size)
        return await(size, context, owner)
    }

    /** The same for [size] bytes of several leases, each of which was found [possible][requirePossible]. */
    @IgnorableReturnValue
    internal suspend fun takeSum(size: Long, context: CoroutineContext, owner: LeaseLedger?): Any? {
        requireOpen()
        return await(size, context, owner)
    }

    private suspend fun await(size: Long, context: CoroutineContext, owner: LeaseLedger?): Any? {
        val chain = if (stallPatience.isInfinite()) null else ScopeChain.of(this, currentCoroutineContext(), owner)
        if (chain != null) watch.requireObtainable(size, chain, context)
        if (chain != null && !chain.isHarmless()) return awaitWatched(size, chain, context)
        admit(size, context)
        return line.await(size, refusal)
    }

    /** Lets one more into the line, who is going to wait for [size] bytes and is not [watched][ScopeWatch]; or refuses. */
    internal fun admit(size: Long, context: CoroutineContext?) {
        if (!line.admit()) throw tooMany(size, context)
        stalls.somebodyWaits()
    }

    private suspend fun awaitWatched(size: Long, chain: ScopeChain, context: CoroutineContext) {
        if (!line.admit()) throw tooMany(size, context)
        if (!watch.await(size, chain, context)) throw closed()
    }

    /** Gives back [size] bytes. */
    @PublishedApi
    @JvmSynthetic
    internal fun giveBack(size: Long): Unit = line.giveBack(size)

    /** Refuses what could never succeed. */
    internal fun requireRentable(size: Long) {
        if (size > capacity) throw invalidSize(SuspendingRefusals.aboveCapacity(name, size, capacity, pool.limit), size)
        pool.requirePossible(size)
        requireOpen()
    }

    private fun requireOpen() {
        if (line.isClosed) throw closed()
        // Its leases may be out for long: whoever would wait for them learns now what it would learn then.
        if (pool.isClosed) throw poolClosed(SuspendingRefusals.closedBelow(name), name)
    }

    internal fun closed() = poolClosed(SuspendingRefusals.closed(name), name)

    internal fun tooMany(size: Long, context: CoroutineContext?) =
        TooManyWaitersException(SuspendingRefusals.tooMany(name, size, maxWaiters, context), name, maxWaiters)

    // ---- leases for bytes that were taken ----

    /** Whether [leaseNow] makes the leases of [withLease]; else they have to know their coroutine. */
    @get:JvmSynthetic
    @PublishedApi
    internal val plain: Boolean get() = !traced

    /** A lease for [size] bytes that were taken, which the caller gives back. */
    @PublishedApi
    @JvmSynthetic
    internal fun leaseNow(size: Long): SharedLease = pool.rentShared(size)

    /**
     * [leaseNow] after that was refused with [refusal]: waits until the pool has memory again. When this throws, the bytes
     * have been given back.
     */
    @PublishedApi
    @JvmSynthetic
    internal suspend fun leaseInTurn(size: Long, refusal: MemoryExhaustedException): SharedLease = try {
        PoolTurn.await(this, size, null, refusal)
    } catch (failure: Throwable) {
        giveBack(size)
        throw failure
    }

    /** [leaseNow] for a pool that traces where, and here also for which coroutine, its leases were rented. */
    @PublishedApi
    @JvmSynthetic
    internal suspend fun leaseTraced(size: Long): SharedLease {
        val witness = Witness(currentCoroutineContext(), size, calls)
        val lease = PoolTurn.rent(this, size, witness)
        witness.leaseBegan()
        return lease
    }

    /** How many bytes the coroutine of [job] holds by [withLease], as far as that is traced. */
    internal fun heldByCallsOf(job: Job): Long = calls?.heldBy(job) ?: 0

    /** A lease that comes within [timeout], and gives its bytes back itself. */
    @PublishedApi
    @JvmSynthetic
    internal suspend fun leaseWithin(size: Long, timeout: Duration): SharedLease =
        Leasing.rent(this, size, timeout, null)

    /** Ends a lease of [leaseWithin]; [failure] is what its block threw. */
    @PublishedApi
    @JvmSynthetic
    internal fun endLease(lease: SharedLease, failure: Throwable?): Unit = lease.end(failure) {}

    /** Ends a lease of [withLease], and gives its bytes back; [failure] is what its block threw. */
    @PublishedApi
    @JvmSynthetic
    internal fun endLease(lease: SharedLease, size: Long, failure: Throwable?): Unit =
        lease.end(failure) { giveBack(size) }

    /** Makes suspending pools, for Java. */
    public companion object {
        /**
         * [SuspendingPool] for Java, with the default options.
         *
         * @throws dev.leasehold.memory.MemoryConfigurationException when [capacity] is not positive or above the pool's limit
         */
        @JvmStatic
        public fun of(pool: MemoryPool, capacity: Long): SuspendingPool =
            of(pool, capacity, SuspendingPoolOptions.DEFAULT_MAX_WAITERS)

        /**
         * [SuspendingPool] for Java, in whose line at most [maxWaiters] wait.
         *
         * @throws dev.leasehold.memory.MemoryConfigurationException when [capacity] or [maxWaiters] is not positive, or
         *   [capacity] above the pool's limit
         */
        @JvmStatic
        public fun of(pool: MemoryPool, capacity: Long, maxWaiters: Int): SuspendingPool =
            make(pool, capacity, SuspendingPoolOptions().apply { this.maxWaiters = maxWaiters })

        internal fun make(pool: MemoryPool, capacity: Long, options: SuspendingPoolOptions): SuspendingPool {
            fun check(good: Boolean, message: () -> String) {
                if (!good) throw invalidConfiguration(message())
            }
            check(capacity > 0) { SuspendingRefusals.capacity(pool.name, capacity) }
            check(capacity <= pool.limit) { SuspendingRefusals.capacityAboveLimit(pool.name, capacity, pool.limit) }
            check(options.maxWaiters > 0) { SuspendingRefusals.maxWaiters(pool.name, options.maxWaiters) }
            check(options.stallPatience.isPositive()) {
                SuspendingRefusals.patience(pool.name, options.stallPatience)
            }
            return SuspendingPool(pool, capacity, options.maxWaiters, options.stallPatience)
        }
    }
}

/**
 * Makes a suspending pool over [pool] that has at most [capacity] bytes out at a time.
 *
 * **Ownership.** The caller closes it. The [pool] stays the caller's, and others may rent from it too.
 * **Cost.** A few objects.
 *
 * @param capacity in bytes; the pool's own limit by default, so that only the pool bounds what is out
 * @param configure sets its options
 * @throws dev.leasehold.memory.MemoryConfigurationException when [capacity] is not positive or above the pool's limit, or an
 *   option contradicts itself
 */
@JvmSynthetic
public fun SuspendingPool(
    pool: MemoryPool,
    capacity: Long = pool.limit,
    configure: SuspendingPoolOptions.() -> Unit = {},
): SuspendingPool = SuspendingPool.make(pool, capacity, SuspendingPoolOptions().apply(configure))
