package dev.leasehold.memory

import dev.leasehold.memory.internal.budget.Drawer

/** A member of a budget's tree that is a pool. Held by the pool. */
internal class PoolDrawer(private val pool: MemoryPool) : Drawer {
    override val kind: String get() = "pool"
    override val owner: Any get() = pool
    override val isClosed: Boolean get() = pool.isClosed

    // Fixed chunks keep their region, and with it every byte that the budget counts.
    override fun giveIdleBack() {
        if (pool !is FixedMemoryPool) pool.trim()
    }
}
