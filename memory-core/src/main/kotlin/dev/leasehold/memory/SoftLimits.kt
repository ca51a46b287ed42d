package dev.leasehold.memory

import dev.leasehold.memory.internal.budget.BudgetNode
import dev.leasehold.memory.internal.budget.SoftLimit

/** Called when the bytes of a budget rise to a soft limit; see [MemoryBudget.onSoftLimit]. */
public fun interface SoftLimitListener {
    /**
     * Called once for each crossing, on the thread whose request it was, outside of every lock.
     *
     * @param budget the budget whose soft limit it is
     * @param used how many bytes counted in it when it was crossed
     */
    public fun onSoftLimit(budget: MemoryBudget, used: Long)
}

/**
 * The notification that [MemoryBudget.onSoftLimit] has begun. It lives as long as the budget, unless this is closed;
 * any thread may. One of the [root][MemoryBudget.root] lives as long as the process, with the listener and its class
 * loader: an application that is unloaded from a server that goes on closes it.
 */
public class SoftLimitWatch internal constructor(
    private val node: BudgetNode,
    private val soft: SoftLimit,
    /** The soft limit, in bytes. */
    public val threshold: Long,
    private val forget: () -> Unit,
) : AutoCloseable {
    /** Ends the notification: no call for a crossing after this returns. Closing again does nothing. */
    override fun close() {
        node.remove(soft)
        forget()
    }

    /** The budget's path and the soft limit, for logs. */
    override fun toString(): String = "SoftLimitWatch(${node.path} at $threshold bytes)"
}
