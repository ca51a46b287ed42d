@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.lend.Leasing
import dev.leasehold.memory.coroutines.internal.lend.Lender
import dev.leasehold.memory.coroutines.internal.lend.LineMessages
import dev.leasehold.memory.coroutines.internal.lend.awaitBelow
import dev.leasehold.memory.coroutines.internal.lend.canHelp
import dev.leasehold.memory.coroutines.internal.lend.rentBelow
import dev.leasehold.memory.coroutines.internal.own.LeaseOrigin
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.internal.watch.LineErrors
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.RentSite
import dev.leasehold.memory.internal.spi.enlist
import dev.leasehold.memory.internal.spi.invalidConfiguration
import dev.leasehold.memory.internal.spi.rentSite
import dev.leasehold.memory.rentShared
import kotlinx.coroutines.currentCoroutineContext
import kotlin.time.Duration

/**
 * A pool whose rents suspend while its [capacity] bytes are out, first come, first served.
 *
 * ```kotlin
 * val buffers = SuspendingPool(MemoryPool.isolated("uploads"), capacity = 64.MiB)
 * buffers.withLease(256.KiB) { lease -> receive(lease) }
 * ```
 *
 * The line is strict: none overtakes another, so a large request is not starved by small ones, and small ones wait
 * behind it. Cancellation takes a waiter out of the line at once, and loses nothing, whenever it comes.
 *
 * Bytes count as they were requested. The memory itself comes from [pool], which rounds up and keeps idle blocks; give
 * that a limit where memory must stay under one, with room above the capacity for what it rounds up. When it refuses,
 * because others rent from it or its own limit is reached, a rent that was granted its bytes here waits in that pool's
 * line.
 *
 * **Ownership.** The code that makes it closes it, and the [pool] below, which it does not close. A lease stays valid
 * when it is closed.
 * **Threads.** All functions may be called from any thread and any coroutine; a coroutine may go on on another thread.
 * **Zeroed.** Only when the pool's hygiene says so.
 *
 * Threads wait in the same line by [rentBlocking], and futures by [rentAsync]; for Java these are statics of
 * `SuspendingMemory`.
 *
 * @see withLease
 * @see memoryScope
 */
public class SuspendingPool internal constructor(
    internal val lender: Lender,
    /** How many may wait at a time. */
    public val maxWaiters: Int,
) : AutoCloseable {
    private val line = lender.line

    /** Where the memory comes from. */
    public val pool: MemoryPool get() = lender.pool

    /** The [pool]'s name: what figures and errors carry. */
    public val name: String get() = pool.name

    /** How many bytes may be out at a time, as they were requested. */
    public val capacity: Long get() = line.capacity

    /** Whether it refuses to rent because it has been closed. A moment's truth, for diagnosis. */
    public val isClosed: Boolean get() = line.isClosed

    /** The figures of this moment. Costs a few reads. */
    public fun stats(): SuspendingPoolStatistics = SuspendingPoolStatistics(
        line.capacity,
        line.used,
        line.waiters,
        line.peakWaiters,
        lender.lineWaits.statistics(),
    )

    /**
     * Closes it: it rents no more, and what waits fails with a
     * [PoolClosedException][dev.leasehold.memory.PoolClosedException]. Leases that are out stay valid and go back to
     * the [pool] as they close, which stays open. Closing again does nothing.
     */
    override fun close(): Unit = lender.close()

    /** The name, and the [stats] of this moment, for logs. */
    override fun toString(): String = "SuspendingPool '$name' (${stats()})"

    // ---- what flows are made of ----

    /** The line that makes a flow, which is not on the stack any more when that rents; null where none is traced. */
    internal fun rentSite(): RentSite? = pool.rentSite()

    /** [rent], for which [site] asked. */
    internal suspend fun rentAt(site: RentSite?, size: Long): SharedLease = Leasing.rentAt(site, lender, size)

    // ---- what withLease is made of ----

    /** Takes [size] bytes if that needs no wait. */
    @PublishedApi
    @JvmSynthetic
    internal fun tryTake(size: Long): Boolean = line.tryTake(size)

    /** Takes [size] bytes, after [tryTake] refused. When this throws, it has taken nothing. */
    @PublishedApi
    @JvmSynthetic
    @IgnorableReturnValue
    internal suspend fun take(size: Long): Any? = lender.take(size, currentCoroutineContext(), null)

    /** Gives back [size] bytes. */
    @PublishedApi
    @JvmSynthetic
    internal fun giveBack(size: Long): Unit = line.giveBack(size)

    /** Whether [leaseNow] makes the leases of [withLease]; else they have to know their coroutine. */
    @PublishedApi
    @get:JvmSynthetic
    internal val plain: Boolean = lender.calls == null

    /** A lease for [size] bytes that were taken, which the caller gives back. */
    @PublishedApi
    @JvmSynthetic
    internal fun leaseNow(size: Long): SharedLease = pool.rentShared(size)

    /** Waits for memory after [leaseNow] was refused with [refusal]. */
    @PublishedApi
    @JvmSynthetic
    internal suspend fun leaseInTurn(size: Long, refusal: MemoryExhaustedException): SharedLease {
        if (!lender.canHelp(refusal)) throw refusal
        return lender.awaitBelow(size, null)
    }

    /** [leaseNow] for a pool that traces where, and here also for which coroutine, its leases were rented. */
    @PublishedApi
    @JvmSynthetic
    internal suspend fun leaseTraced(size: Long): SharedLease {
        val origin = LeaseOrigin(lender.sited(currentCoroutineContext()), size, lender.calls)
        val lease = lender.rentBelow(size, origin)
        origin.leaseBegan()
        return lease
    }

    /** A lease that comes within [timeout], and gives its bytes back itself. */
    @PublishedApi
    @JvmSynthetic
    internal suspend fun leaseWithin(size: Long, timeout: Duration): SharedLease =
        Leasing.rent(lender, size, timeout, null)

    /** Ends a lease of [leaseWithin]; [failure] is what its block threw. */
    @PublishedApi
    @JvmSynthetic
    internal fun endLease(lease: SharedLease, failure: Throwable?): Unit = lease.end("its withLease", failure) {}

    /** Ends a lease of [withLease], and gives its bytes back; [failure] is what its block threw. */
    @PublishedApi
    @JvmSynthetic
    internal fun endLease(lease: SharedLease, size: Long, failure: Throwable?): Unit =
        lease.end("its withLease", failure) { giveBack(size) }

    /** Makes suspending pools, for Java. */
    public companion object {
        /** [SuspendingPool] for Java, with the default options. */
        @JvmStatic
        public fun of(pool: MemoryPool, capacity: Long): SuspendingPool =
            of(pool, capacity, SuspendingPoolOptions.DEFAULT_MAX_WAITERS)

        /** [SuspendingPool] for Java, in whose line at most [maxWaiters] wait. */
        @JvmStatic
        public fun of(pool: MemoryPool, capacity: Long, maxWaiters: Int): SuspendingPool =
            make(pool, capacity, SuspendingPoolOptions().apply { this.maxWaiters = maxWaiters })

        internal fun make(pool: MemoryPool, capacity: Long, options: SuspendingPoolOptions): SuspendingPool {
            fun check(good: Boolean, message: () -> String) {
                if (!good) throw invalidConfiguration(message())
            }
            check(capacity > 0) { LineMessages.capacity(pool.name, capacity) }
            check(capacity <= pool.limit) { LineMessages.capacityAboveLimit(pool.name, capacity, pool.limit) }
            check(options.maxWaiters > 0) { LineMessages.maxWaiters(pool.name, options.maxWaiters) }
            check(options.stallPatience.isPositive()) { LineMessages.patience(pool.name, options.stallPatience) }
            val lender = Lender(pool, capacity, options.maxWaiters, options.stallPatience, SuspendingErrors)
            pool.enlist(lender.listed)
            return SuspendingPool(lender, options.maxWaiters)
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
 * @throws dev.leasehold.memory.MemoryConfigurationException when [capacity] is not positive or above the pool's limit,
 *   or an option contradicts itself
 */
@JvmSynthetic
public fun SuspendingPool(
    pool: MemoryPool,
    capacity: Long = pool.limit,
    configure: SuspendingPoolOptions.() -> Unit = {},
): SuspendingPool = SuspendingPool.make(pool, capacity, SuspendingPoolOptions().apply(configure))

/** Makes these for the internals. */
private object SuspendingErrors : LineErrors {
    override fun tooMany(message: String, poolName: String, most: Int): RuntimeException =
        TooManyWaitersException(message, poolName, most)

    override fun deadlock(message: String, poolName: String, requested: Long, held: Long): RuntimeException =
        RentDeadlockException(message, poolName, requested, held)
}
