package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.ManagerStatistics
import dev.leasehold.memory.MemoryStatistics
import dev.leasehold.memory.PoolStatistics
import dev.leasehold.memory.WaitStatistics
import dev.leasehold.memory.internal.pool.Lending
import dev.leasehold.memory.internal.store.Occupancy

/** What a pool or a manager was when a [MemorySnapshot] was taken. */
public enum class OwnerState {
    /** It serves requests. */
    OPEN,

    /** It was closed, and something of it is still in use. */
    CLOSED,

    /** It became garbage without a close, and something of it was never closed. */
    FORGOTTEN,
}

/** A pool or a manager in a [MemorySnapshot]. */
public abstract class OwnerSnapshot internal constructor(
    /** Its name. */
    public val name: String,
    /** The [path][BudgetSnapshot.path] of the budget that it draws on. */
    public val budget: String,
    /** Whether it was open. */
    public val state: OwnerState,
    /** Bytes that it held from the system, as the budget counts them. */
    public val charged: Long,
) {
    /** All its figures; null where it was forgotten, and only [charged] is known. */
    public abstract val statistics: MemoryStatistics?

    /** Its blocks by size; null where they are not known, or were not asked for. */
    internal abstract val occupancy: Occupancy?

    /** The kind, the name and the figures, for logs. */
    override fun toString(): String = "$name ($state): ${statistics ?: "$charged bytes"}"
}

/** A pool in a [MemorySnapshot]. */
public class PoolSnapshot internal constructor(
    name: String,
    budget: String,
    state: OwnerState,
    charged: Long,
    /** All its figures; null where it was forgotten. */
    override val statistics: PoolStatistics?,
    /** The suspending pools over it, the oldest first. */
    public val suspendingPools: List<SuspendingPoolSnapshot>,
    override val occupancy: Occupancy?,
) : OwnerSnapshot(name, budget, state, charged)

/** A suspending pool in a [MemorySnapshot], which has the name of the pool that its memory comes from. */
public class SuspendingPoolSnapshot internal constructor(lending: Lending) {
    /** Whether it was open, or closed with something of it still out. */
    public val state: OwnerState = if (lending.isClosed) OwnerState.CLOSED else OwnerState.OPEN

    /** How many bytes may be out, as requested and not as rounded up. */
    public val capacity: Long = lending.capacity

    /** How many bytes were out. */
    public val used: Long = lending.used

    /** Requests that waited in its line then. */
    public val waiters: Int = lending.waiters

    /** How the requests have waited in its line that waited no more. */
    public val waits: WaitStatistics = WaitStatistics(lending.waits)

    /** The figures, for logs. */
    override fun toString(): String = "$state: used $used of $capacity bytes, $waiters waiting, $waits"
}

/** A manager in a [MemorySnapshot]. */
public class ManagerSnapshot internal constructor(
    name: String,
    budget: String,
    state: OwnerState,
    charged: Long,
    /** All its figures; null where it was forgotten. */
    override val statistics: ManagerStatistics?,
    override val occupancy: Occupancy?,
    /** The path of the file that it maps; null where its memory is the process's own. */
    public val file: String?,
) : OwnerSnapshot(name, budget, state, charged)
