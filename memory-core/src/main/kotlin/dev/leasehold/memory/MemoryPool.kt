@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory

import dev.leasehold.memory.internal.budget.Account
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseOwner
import java.lang.foreign.Arena

/**
 * Where leases come from: native memory, kept for reuse, rented with `pool.rent(size)` and given back with `close()`.
 *
 * | kind | made by | blocks | for |
 * |---|---|---|---|
 * | shared | [MemoryPool.shared] | any size | the whole process; it cannot be closed |
 * | isolated | [MemoryPool.isolated] | any size | one subsystem: own limit, own figures, own memory |
 * | fixed | [MemoryPool.fixed] | one size | a known number of equal chunks |
 *
 * Memory never travels between pools, and every figure and error carries the pool's [name].
 *
 * **Ownership.** Whoever makes a pool closes it. A lease stays valid when its pool is closed.
 * **Threads.** All functions may be called from any thread, also virtual ones.
 * **Zeroed.** Only when [Hygiene] says so.
 */
public sealed class MemoryPool(
    /** The name that figures and errors carry. */
    public val name: String,
    /** The budget that this draws on. */
    public val budget: MemoryBudget,
) : AutoCloseable {
    /** What this draws on its budget. */
    @get:JvmSynthetic
    internal abstract val account: Account

    // The budget's tree holds this only weakly, and it holds the pool.
    private val drawer = PoolDrawer(this)

    /** Whether every lease remembers where it was rented and closed. */
    @get:JvmSynthetic
    internal abstract val traceSites: Boolean

    /**
     * Takes the pool's place in the tree of its budget. Last in the making: from here on others may ask for its idle
     * memory.
     */
    @JvmSynthetic
    internal fun joinBudget(): Unit = budget.attach(account, drawer)

    /**
     * The most bytes that this pool may hold from the system; [Long.MAX_VALUE] when only its [budget] bounds it. Leases
     * whose charge was [transferred][SharedLease.transferTo] do not count.
     */
    public abstract val limit: Long

    /** The size of a lease whose size is not given, in bytes. */
    public abstract val defaultSize: Long

    /** Whether the pool refuses to rent because it has been closed. A moment's truth, for diagnosis. */
    public abstract val isClosed: Boolean

    /** The figures of this moment. Costs a walk over the threads' caches; for monitoring, not for the hot path. */
    public abstract fun stats(): PoolStatistics

    /**
     * Gives idle memory back to the system and answers how many bytes went.
     *
     * Afterwards only pages that hold a leased or quarantined block are reserved. Costs a handshake with all threads
     * (tens of microseconds) and one call of the system for each region that goes.
     */
    @IgnorableReturnValue
    public abstract fun trim(): Long

    /**
     * Refuses [lease] unless it was rented from this pool. For the border of a subsystem that takes leases as
     * arguments.
     *
     * @throws ForeignLeaseException when it was rented from another pool
     */
    public fun requireOwn(lease: Lease): Unit = checkOwner(lease.pool)

    /**
     * Refuses [lease] unless it was rented from this pool.
     *
     * @throws ForeignLeaseException when it was rented from another pool
     */
    public fun requireOwn(lease: SharedLease): Unit = checkOwner(lease.pool)

    private fun checkOwner(pool: MemoryPool) {
        if (pool !== this) {
            throw ForeignLeaseException(
                "pool '$name' was handed a lease of pool '${pool.name}'; memory never travels between pools: copy the bytes",
                pool.name,
            )
        }
    }

    /**
     * Closes the pool: it rents no more, and its idle memory goes back to the system at once. Outstanding leases stay
     * valid and free their memory as they close. Closing again does nothing.
     *
     * @throws OutstandingLeasesException when leases are outstanding; the pool *is* closed then
     * @throws UnsupportedOperationException on [MemoryPool.shared], which belongs to the process
     */
    abstract override fun close()

    /** Refuses a [size] that no rent of this pool can ever have. */
    @JvmSynthetic
    internal abstract fun checkSize(size: Long)

    @JvmSynthetic
    internal abstract fun rentLease(size: Long): Lease

    /** Takes a block for [leaseTaken], which must follow at once; 0 when it is not at hand. */
    @JvmSynthetic
    internal abstract fun takeAtHand(size: Long): Long

    /** Makes the lease, with views that live in [arena], of what [takeAtHand] answered; where that is 0, takes one. */
    @JvmSynthetic
    internal abstract fun leaseTaken(
        address: Long,
        arena: Arena?,
        size: Long,
        owner: LeaseOwner,
        ownerName: String?,
    ): LeaseWithOwner

    @JvmSynthetic
    internal abstract fun rentAlignedLease(size: Long, alignment: Long, owner: LeaseOwner?): Lease

    @JvmSynthetic
    internal abstract fun tryRentLease(size: Long, alignment: Long, owner: LeaseOwner?): Lease?

    @JvmSynthetic
    internal abstract fun rentLeaseWithin(size: Long, alignment: Long, nanos: Long, owner: LeaseOwner?): Lease

    @JvmSynthetic
    internal abstract fun rentSharedLease(size: Long, owner: LeaseOwner?): SharedLease

    @JvmSynthetic
    internal abstract fun rentAlignedSharedLease(size: Long, alignment: Long, owner: LeaseOwner?): SharedLease

    @JvmSynthetic
    internal abstract fun tryRentSharedLease(size: Long, alignment: Long, owner: LeaseOwner?): SharedLease?

    @JvmSynthetic
    internal abstract fun rentSharedLeaseWithin(
        size: Long,
        alignment: Long,
        nanos: Long,
        owner: LeaseOwner?,
    ): SharedLease

    /** The name and the [stats] of this moment, for logs. */
    override fun toString(): String = "MemoryPool '$name' (${stats()})"

    /** Makes pools. */
    public companion object {
        /** The process-wide pool: no limit, nothing to configure, never closed. */
        @JvmStatic
        public fun shared(): MemoryPool = SharedPool.instance

        /**
         * Makes a pool for one subsystem, with the default options.
         *
         * @param name what figures and errors call it
         * @throws PoolConfigurationException when the name is blank
         */
        @JvmStatic
        public fun isolated(name: String): MemoryPool = isolated(name) {}

        /**
         * Makes a pool for one subsystem.
         *
         * @param name what figures and errors call it
         * @param configure sets its options
         * @throws PoolConfigurationException when the name is blank or figures contradict each other
         * @throws BudgetClosedException when its budget is closed
         */
        @JvmSynthetic
        public fun isolated(name: String, configure: PoolOptions.() -> Unit): MemoryPool =
            SlabPool(PoolSettings.of(name, PoolOptions().apply(configure)))

        /**
         * Makes a pool of [blockCount] equal chunks of [blockSize] bytes out of one reserved region, each at a
         * multiple of [alignment]. The newest returned chunk is handed out first.
         *
         * @throws InvalidSizeException when [blockSize] or [blockCount] is not positive, or their product overflows
         * @throws InvalidAlignmentException when [alignment] is no power of two between 1 and the page size
         * @throws PoolConfigurationException when the name is blank
         * @throws BudgetExceededException when a budget refuses the region
         * @throws MemoryExhaustedException when the system refuses the region
         */
        @JvmStatic
        @JvmOverloads
        public fun fixed(
            name: String,
            blockSize: Long,
            blockCount: Int,
            alignment: Long = FixedMemoryPool.DEFAULT_ALIGNMENT,
        ): FixedMemoryPool =
            FixedMemoryPool.make(blockSize, blockCount, alignment, PoolSettings.of(name, PoolOptions()))

        /**
         * [fixed] with options.
         *
         * @throws InvalidSizeException when [blockSize] or [blockCount] is not positive, or their product overflows
         * @throws InvalidAlignmentException when [alignment] is no power of two between 1 and the page size
         * @throws PoolConfigurationException when figures contradict each other, such as a limit below the block size
         * @throws BudgetClosedException when its budget is closed
         * @throws BudgetExceededException when a budget refuses the region
         * @throws MemoryExhaustedException when the system refuses the region
         */
        @JvmSynthetic
        public fun fixed(
            name: String,
            blockSize: Long,
            blockCount: Int,
            alignment: Long = FixedMemoryPool.DEFAULT_ALIGNMENT,
            configure: PoolOptions.() -> Unit,
        ): FixedMemoryPool = FixedMemoryPool.make(
            blockSize,
            blockCount,
            alignment,
            PoolSettings.of(name, PoolOptions().apply(configure)),
        )

        /** Starts a pool whose options are set one call each: [isolated] and [fixed] for Java. */
        @JvmStatic
        public fun builder(name: String): PoolBuilder = PoolBuilder(name)
    }
}
