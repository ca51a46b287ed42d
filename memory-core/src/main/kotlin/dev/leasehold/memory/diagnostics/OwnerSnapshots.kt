package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.ManagerStatistics
import dev.leasehold.memory.MemoryStatistics
import dev.leasehold.memory.PoolStatistics

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
) : OwnerSnapshot(name, budget, state, charged)

/** A manager in a [MemorySnapshot]. */
public class ManagerSnapshot internal constructor(
    name: String,
    budget: String,
    state: OwnerState,
    charged: Long,
    /** All its figures; null where it was forgotten. */
    override val statistics: ManagerStatistics?,
    /** The path of the file that it maps; null where its memory is the process's own. */
    public val file: String?,
) : OwnerSnapshot(name, budget, state, charged)
