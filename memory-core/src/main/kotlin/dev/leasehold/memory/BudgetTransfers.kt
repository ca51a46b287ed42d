package dev.leasehold.memory

import dev.leasehold.memory.internal.budget.Account
import dev.leasehold.memory.internal.budget.Charge

/** How the charge of a lease or a block moves to another budget. */
internal object BudgetTransfers {
    /**
     * Makes room in [budget] for a lease of [size] bytes from [pool], whose block has [bytes]; [before] is what pays
     * for it now, if not the pool.
     */
    fun prepare(pool: MemoryPool, before: Charge?, bytes: Long, size: Long, budget: MemoryBudget): Charge =
        prepare("a lease of $size bytes from pool '${pool.name}'", pool.name, pool.account, before, bytes, size, budget)

    /** The same for [what], which [name]'s [account] holds. */
    fun prepare(
        what: String,
        name: String,
        account: Account,
        before: Charge?,
        bytes: Long,
        size: Long,
        budget: MemoryBudget,
    ): Charge {
        val to = budget.node
        if (to.root !== account.root) throw MemoryBudgetRefusals.ofAnotherTree(budget.path, account.root.name)
        if (to.closed) throw MemoryBudgetRefusals.closed(budget.path)
        val charge = account.insist { if (before != null) before.prepareMove(to) else account.prepare(bytes, to) }
        if (charge != null) return charge
        throw MemoryBudgetRefusals.notTransferred(what, name, size, checkNotNull(account.refusal))
    }
}
