package dev.leasehold.memory

import dev.leasehold.memory.internal.cache.Tally
import dev.leasehold.memory.internal.engine.EngineState
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.grouped

/**
 * The figures of a pool or a manager at one moment: what both have in common.
 *
 * All byte figures count whole blocks and pages, not the sizes requested, so that they add up:
 * `used + idle + quarantined == reserved`. They are exact when no thread is taking or closing, and never negative.
 */
public abstract class MemoryStatistics internal constructor(
    state: EngineState,
    tally: Tally,
    /** The most bytes that may be held from the system; [Long.MAX_VALUE] when there is no limit but the budget's. */
    public val limit: Long,
) {
    /** Bytes held from the system now. */
    public val reserved: Long = state.leaf.reserved

    /** Bytes in use now. */
    public val used: Long = tally.usedBytes.coerceIn(0, reserved)

    /** Bytes of closed memory with kept views that may still be used; they wait until those are cut off. */
    public val quarantined: Long = tally.quarantined.coerceIn(0, reserved - used)

    /** Bytes held but neither in use nor quarantined: what the next requests are served from. */
    public val idle: Long get() = reserved - used - quarantined

    /** Bytes whose charge was moved to another budget: used and reserved, and not counted against the limit. */
    public val transferred: Long = state.leaf.transferred

    /** The most bytes that were ever held from the system at once. */
    public val peak: Long = state.leaf.mostReserved

    /** The figures in bytes, for logs. */
    internal fun describeBytes(): String {
        val bound = if (limit == Long.MAX_VALUE) "none" else "${grouped(limit)} B"
        return "used ${grouped(used)} B, idle ${grouped(idle)} B, quarantined ${grouped(quarantined)} B, " +
            "reserved ${grouped(reserved)} B (peak ${grouped(peak)} B, limit $bound)"
    }
}

/** A pool's figures at one moment, from [MemoryPool.stats]. */
public class PoolStatistics internal constructor(
    state: EngineState,
    tally: Tally,
    limit: Long,
    /** Requests that wait for memory now. */
    public val waiters: Int,
    /** How the requests have waited that wait no more. */
    public val waits: WaitStatistics,
) : MemoryStatistics(state, tally, limit) {
    /** Leases that are open now. */
    public val leases: Long = tally.openLeases.coerceAtLeast(0)

    /** Requests served since the pool was made. */
    public val rents: Long = tally.rents

    /** Requests that a thread's own cache served. */
    public val hits: Long = tally.hits

    /** Requests that went further: to the depot, a slab or the system. */
    public val misses: Long get() = rents - hits

    /** All figures in one line, for logs. */
    override fun toString(): String = "${describeBytes()}, ${grouped(waiters.toLong())} waiting, " +
        "${counted(rents, "rent")} (${counted(hits, "hit")}, ${counted(misses, "miss", "misses")})"
}

/** A manager's figures at one moment, from [MemoryManager.stats]. */
public class ManagerStatistics internal constructor(
    state: EngineState,
    tally: Tally,
    limit: Long,
    /** Requests served since the manager was made. */
    public val allocations: Long,
    /** Requests that a thread's own cache served. */
    public val hits: Long,
) : MemoryStatistics(state, tally, limit) {
    /** How many blocks and runs of pages are allocated now, empty blocks aside. */
    public val blocks: Long = tally.openLeases.coerceAtLeast(0)

    /** All figures in one line, for logs. */
    override fun toString(): String = "${counted(blocks, "block")}, ${describeBytes()}, " +
        "${counted(allocations, "allocation")} (${counted(hits, "hit")})"
}
