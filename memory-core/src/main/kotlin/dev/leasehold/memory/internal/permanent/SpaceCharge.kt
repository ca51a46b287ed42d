package dev.leasehold.memory.internal.permanent

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.budget.BudgetMember
import dev.leasehold.memory.internal.platform.bytes

/** What of [budget] the memory is charged to that is called [name]. */
internal class SpaceCharge(private val name: String, private val budget: MemoryBudget) {
    private val leaf = BudgetLeaf(name, Long.MAX_VALUE, budget.node)
    private val member = object : BudgetMember("memory") {
        override val isClosed: Boolean get() = false
    }

    init {
        budget.attach(leaf, member)
    }

    /** Charges [bytes] more, if that is possible without more ado; false when a budget refuses. */
    fun tryTake(bytes: Long): Boolean {
        val isTaken = leaf.tryReserve(bytes)
        leaf.deliver()
        return isTaken
    }

    /** Charges [bytes] more; takes idle memory back from others where a budget refuses. */
    fun take(bytes: Long) {
        if (leaf.insist { Unit.takeIf { leaf.tryReserve(bytes) } } != null) return
        val refusal = checkNotNull(leaf.refusal)
        val message = "$refusal for ${bytes(bytes)} of $name memory: raise the limit of '${refusal.node.path}'"
        throw BudgetExceededException(message, name, bytes, refusal.node.path, refusal.limit, refusal.used)
    }

    fun giveBack(bytes: Long): Unit = leaf.release(bytes)
}
