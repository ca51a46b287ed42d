package dev.leasehold.memory

import dev.leasehold.memory.internal.budget.Drawer

/** A member of a budget's tree that is a manager. Held by the manager. */
internal class ManagerDrawer(private val manager: MemoryManager) : Drawer {
    override val kind: String get() = "manager"
    override val owner: Any get() = manager
    override val isClosed: Boolean get() = manager.isClosed

    override fun giveIdleBack() {
        val _ = manager.trim()
    }
}
