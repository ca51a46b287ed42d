package dev.leasehold.memory

import dev.leasehold.memory.internal.slab.Charge

/** How the charge of a lease moves to another budget. */
internal object LeaseTransfers {
    /**
     * Makes room in [budget] for a lease of [size] bytes from [pool], whose block has [bytes]; [before] is what pays
     * for it now, if not the pool.
     */
    fun prepare(pool: MemoryPool, before: Charge?, bytes: Long, size: Long, budget: MemoryBudget): Charge {
        val to = budget.node
        val account = pool.account
        if (to.root !== account.root) throw MemoryBudgetRefusals.ofAnotherTree(budget.path, account.root.name)
        if (to.closed) throw MemoryBudgetRefusals.closed(budget.path)
        val charge = account.insist { if (before != null) before.prepareMove(to) else account.prepare(bytes, to) }
        if (charge != null) return charge
        throw MemoryBudgetRefusals.notTransferred(pool.name, size, checkNotNull(account.refusal))
    }
}
