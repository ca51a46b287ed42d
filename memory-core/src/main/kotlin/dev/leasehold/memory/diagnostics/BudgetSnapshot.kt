package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.internal.block.OwnerKind
import dev.leasehold.memory.internal.budget.Members
import dev.leasehold.memory.internal.budget.NodeFigures
import dev.leasehold.memory.mapped.MappedMemoryManager

/** A budget in a [MemorySnapshot], with all that draws on it, the oldest first. */
public class BudgetSnapshot internal constructor(figures: NodeFigures, mostSlabs: Int?) {
    /** Its name. */
    public val name: String = figures.name

    /** The names from the root to this one: `app › ingest`. */
    public val path: String = figures.path

    /** Bytes that counted here. */
    public val used: Long = figures.used

    /** The most bytes that it may have; [Long.MAX_VALUE] where only the budgets above bound it. */
    public val limit: Long = figures.limit

    /** The most bytes that ever counted here at once. */
    public val peak: Long = figures.peak

    /** Bytes of leases and blocks whose charge was moved here, and which are no pool's or manager's below. */
    public val moved: Long = figures.own

    /** Bytes of other copies of this library in the process, which take room here: 0 but at the root. */
    public val otherCopies: Long = figures.outside

    /** The budgets below. */
    public val budgets: List<BudgetSnapshot> =
        figures.below.filter { it.kind == Members.BUDGET }.map { BudgetSnapshot(it, mostSlabs) }

    /** The pools that draw on this budget itself. */
    public val pools: List<PoolSnapshot> = figures.below.filter { it.kind == OwnerKind.POOL.word }.map {
        val pool = MemoryPool.of(it.member)
        val occupancy = mostSlabs?.let { most -> pool?.engine?.occupancy(most) }
        val suspending = pool?.lendings?.live().orEmpty().map(::SuspendingPoolSnapshot)
        PoolSnapshot(it.name, path, stateOf(it), it.used, pool?.stats(), suspending, occupancy)
    }

    /** The managers that draw on this budget itself. */
    public val managers: List<ManagerSnapshot> = figures.below.filter { it.kind == OwnerKind.MANAGER.word }.map {
        val manager = MemoryManager.of(it.member)
        val file = (manager as? MappedMemoryManager)?.path?.toString()
        val occupancy = mostSlabs?.let { most -> manager?.occupancy(most) }
        ManagerSnapshot(it.name, path, stateOf(it), it.used, manager?.stats(), occupancy, file)
    }

    private fun stateOf(owner: NodeFigures): OwnerState = when (owner.member?.isClosed) {
        null -> OwnerState.FORGOTTEN
        true -> OwnerState.CLOSED
        false -> OwnerState.OPEN
    }

    /** The path and what was used, for logs. */
    override fun toString(): String = "$path: $used of $limit bytes used"
}
