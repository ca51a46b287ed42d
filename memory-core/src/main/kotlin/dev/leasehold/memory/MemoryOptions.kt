package dev.leasehold.memory

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.block.TraceRules
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.engine.EngineConfig
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.bytes

/**
 * What can be set when a pool or a manager is made: what both have in common.
 *
 * Read once, when the block that sets it returns; later changes have no effect. For one thread.
 */
public abstract class MemoryOptions internal constructor(idleBound: Long, quarantineBytes: Long) {
    /** The most bytes to hold from the system; [Long.MAX_VALUE], the default, means no limit but the [budget]'s. */
    public var limit: Long = Long.MAX_VALUE

    /**
     * The budget to draw on: every byte that is held from the system counts there, and in every budget above. The
     * process's [root][MemoryBudget.root] by default.
     */
    public var budget: MemoryBudget = MemoryBudget.root()

    /**
     * How many idle bytes are kept for the next requests, in threads' caches and elsewhere. What is above goes back to
     * the system, in the background, after it has lain idle for a second, and the rest, half of it each second, when
     * nobody uses the memory; with 0 all goes back at once. 64 MiB by default in a pool, 2 MiB in a manager.
     */
    public var idleBound: Long = idleBound

    /**
     * How many bytes of closed memory may wait until its [kept views][MemoryHolder.keptSegment] are cut off; 32 MiB by
     * default in a pool, 2 MiB in a manager, and never more than an eighth of [limit]. Views for which there is no room
     * get an arena of their own: the close then cuts them off at once, and costs tens of microseconds. So do all views
     * where this is 0.
     */
    public var quarantineBytes: Long = quarantineBytes

    /** How many closed blocks may wait for the same reason; 8,192 by default. */
    public var quarantineBlocks: Int = 8192

    /**
     * Whether every lease or block remembers where it was taken and closed. Then errors name both places, and one that
     * was forgotten is reported with its own. Costs a stack walk each time: for tests and the hunt, not for the hot
     * path.
     */
    public var traceSites: Boolean = false

    /**
     * Whether the memory of a lease or block that was lost, garbage without a close, goes back once no view can reach
     * it; true by default, so that a leak is a report (`LEAK:`) and no outage. Only of those that are watched
     * ([traceSites], or the sample of `LeakDetection`) can it be known that they were lost, and of a sampled [Lease] not
     * whether a view of it lives on: its memory stays out.
     */
    public var returnLost: Boolean = true

    /** Whether sites are traced for another reason. */
    internal open val tracesAlways: Boolean get() = false

    /** What [owner]'s engine is made with; refuses figures that it cannot have. */
    internal fun configFor(owner: Owner, hygiene: HygieneAction, platform: Platform, leaf: BudgetLeaf): EngineConfig =
        EngineConfig(
            owner,
            leaf,
            idleBound,
            quarantineBytes,
            quarantineBlocks,
            hygiene,
            platform,
            TraceRules(traceSites || tracesAlways, keepsLost = !returnLost),
        )

    /** Refuses a name or figures that [owner] cannot have. */
    internal fun check(owner: Owner) {
        require(owner.name.isNotBlank()) { "the name of a ${owner.kind.word} must not be blank" }
        atLeastZero(owner, "idle bound", idleBound)
        atLeastZero(owner, "quarantine bound in bytes", quarantineBytes)
        atLeastZero(owner, "quarantine bound in blocks", quarantineBlocks.toLong())
        owner.checkLimit(limit)
    }

    internal fun atLeastZero(owner: Owner, what: String, value: Long): Unit =
        require(value >= 0) { "$owner: the $what must not be below 0, and was $value" }

    internal inline fun require(holds: Boolean, message: () -> String) {
        if (!holds) throw MemoryConfigurationException(message())
    }
}

/** What can be set when a pool is made; the receiver of the block of [MemoryPool.isolated] and [MemoryPool.fixed]. */
public class PoolOptions internal constructor() : MemoryOptions(64.MiB, 32.MiB) {
    /** What happens to a block's bytes between two leases. */
    public var hygiene: Hygiene = Hygiene.LEAVE

    /** The size of a lease whose size is not given, in bytes. 4,096 by default. */
    public var defaultSize: Long = DEFAULT_SIZE

    /** Refuses a name or figures that the pool [owner] cannot have. */
    internal fun checkPool(owner: Owner) {
        check(owner)
        atLeastZero(owner, "default size", defaultSize)
        require(limit >= defaultSize) {
            "$owner: the limit of ${bytes(limit)} is below the default size of ${bytes(defaultSize)}"
        }
    }

    private companion object {
        const val DEFAULT_SIZE = 4096L
    }
}

/**
 * What can be set when a manager is made; the receiver of the block of [SystemMemoryManager].
 *
 * @sample dev.leasehold.memory.samples.managerUnderABudget
 */
public open class ManagerOptions internal constructor() : MemoryOptions(2.MiB, 2.MiB) {
    /**
     * Whether the manager looks for writes outside of blocks. Every block then has 64 guard bytes, or as many as its
     * alignment, before it, and 64 behind it, which are looked at when it is freed; its bytes are `0xCD` until they are
     * written and `0xDD` when they are freed; it remembers its sites as with [traceSites]; and it always moves when it
     * is resized, so that holders of an old view are found. Views are bounded: what this finds is native code that
     * writes too far. For tests and for the hunt.
     */
    public var checked: Boolean = false

    internal override val tracesAlways: Boolean get() = checked
}
