package dev.leasehold.memory

/**
 * What can be set when a manager is made; the receiver of the block of [SystemMemoryManager].
 *
 * Read once, when the block returns; later changes have no effect. For one thread.
 *
 * @sample dev.leasehold.memory.samples.managerUnderABudget
 */
public class ManagerOptions internal constructor() {
    /** The most bytes that the manager may hold from the system; [Long.MAX_VALUE], the default, means no limit of its own. */
    public var limit: Long = Long.MAX_VALUE

    /**
     * The budget that the manager draws on: every byte that it holds from the system counts there, and in every budget
     * above. The process's [root][MemoryBudget.root] by default.
     */
    public var budget: MemoryBudget = MemoryBudget.root()

    /** How many idle bytes the manager keeps for the next blocks before it gives memory back by itself. 2 MiB by default. */
    public var idleBound: Long = 2.MiB

    /**
     * How many bytes of closed blocks may wait until their kept views are cut off, before a batch of them is; 2 MiB by
     * default, and never more than an eighth of [limit]. 0 gives every block whose views any thread may have an arena
     * of its own: closing it then cuts its views at once, and costs tens of microseconds.
     */
    public var quarantineBytes: Long = 2.MiB

    /** How many closed blocks may wait likewise; 8,192 by default, and 16,384 at most. */
    public var quarantineBlocks: Int = 8192

    /**
     * Whether every block remembers where it was allocated and closed. Then errors name both places, and a block that
     * was forgotten is reported with its own. Costs a stack walk a block: for tests and for the hunt.
     */
    public var traceSites: Boolean = false

    /**
     * Whether the manager looks for writes outside of blocks. Every block then has 64 guard bytes, or as many as its
     * alignment, before it, and 64 behind it, which are looked at when it is freed; its bytes are `0xCD` until they are
     * written and `0xDD` when they are freed; it remembers its sites as with [traceSites]; and it always moves when it is
     * resized, so that whoever kept an old view is found. Views are bounded: what this finds is native code that writes
     * too far. For tests and for the hunt.
     */
    public var checked: Boolean = false
}
