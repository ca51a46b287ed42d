package dev.leasehold.memory

/**
 * What can be set when a pool is made; the receiver of the block of [MemoryPool.isolated] and [MemoryPool.fixed].
 *
 * Read once, when the block returns; later changes have no effect. For one thread.
 */
public class PoolOptions internal constructor() {
    /** The most bytes that the pool may hold from the system; [Long.MAX_VALUE], the default, means no limit. */
    public var limit: Long = Long.MAX_VALUE

    /**
     * The budget that the pool draws on: every byte that it holds from the system counts there, and in every budget
     * above. The process's [root][MemoryBudget.root] by default.
     */
    public var budget: MemoryBudget = MemoryBudget.root()

    /** How many idle bytes the pool keeps for the next rents before it gives memory back by itself. 64 MiB by default. */
    public var idleBound: Long = 64.MiB

    /** What happens to a block's bytes between two leases. */
    public var hygiene: Hygiene = Hygiene.LEAVE

    /**
     * How many bytes of closed shared leases may wait until their kept views are cut off, before a batch of them is;
     * 32 MiB by default, and never more than an eighth of [limit]. The pool keeps to 4 MiB, and takes more only while leases
     * of more than 1 KiB come and go so fast that they would have to wait for that. 0 gives every shared lease an arena of
     * its own: closing it then cuts its views at once, and costs tens of microseconds.
     */
    public var quarantineBytes: Long = 32.MiB

    /** How many blocks of closed shared leases may wait likewise; 8,192 by default, and 16,384 at most. */
    public var quarantineBlocks: Int = 8192

    /** The size of a lease whose size is not given, in bytes. 4,096 by default. */
    public var defaultSize: Long = DEFAULT_SIZE

    /**
     * Whether every lease remembers where it was rented and closed. Then errors name both places, and a lease that
     * was forgotten is reported with its own. Costs a stack walk a lease: for tests and for the hunt, not for the hot
     * path.
     */
    public var traceSites: Boolean = false

    internal companion object {
        const val DEFAULT_SIZE = 4096L
    }
}
