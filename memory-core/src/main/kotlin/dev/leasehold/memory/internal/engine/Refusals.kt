package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.budget.BudgetNode
import dev.leasehold.memory.internal.store.SlabStore

/**
 * Which requests the limit has just refused, after a search through all that lies idle, and would refuse again.
 *
 * While memory is short the caches are bypassed, so all that comes back comes to the [store], which counts that. As
 * long as the count stays, nothing new can be there, and only the limit can have room for more: two reads decide. A
 * refusal by a budget above is valid while nothing has come back to the others that draw on it, which counts of their
 * own tell, one look at each of their caches. One by the system is not kept.
 *
 * Any thread.
 */
internal open class Refusals(private val store: SlabStore, private val leaf: BudgetLeaf) {
    /** At the count [returns]: the classes that were refused, a bit each, and the smallest size above all classes. */
    private class Kept(val returns: Long, val classes: Long, val large: Long)

    @Volatile
    private var kept = Kept(-1, 0, Long.MAX_VALUE)

    /** Whether a refusal is still valid, so that memory had better stay short. */
    val areValid: Boolean get() = kept.returns == store.returns

    /** Whether a request of [size] bytes, of the kind [code], would be refused again. Only while memory is short. */
    fun hold(code: Int, size: Long): Boolean {
        val seen = kept
        val refused = if (code == BlockKind.LARGE) size >= seen.large else seen.classes and (1L shl code) != 0L
        return refused && seen.returns == store.returns && hasNoRoom(code, size)
    }

    /**
     * Keeps that a search, begun at the count [returns], refused [size] bytes of the kind [code]. Open for a twin in
     * tests.
     */
    open fun keep(code: Int, size: Long, returns: Long) {
        if (!hasNoRoom(code, size)) return
        val seen = kept
        val old = if (seen.returns == returns) seen else Kept(returns, 0, Long.MAX_VALUE)
        // What another thread keeps at the same moment is lost, which costs it a search.
        kept = if (code == BlockKind.LARGE) {
            Kept(returns, old.classes, minOf(old.large, size))
        } else {
            Kept(returns, old.classes or (1L shl code), old.large)
        }
    }

    /** The limit that has no room for [size] bytes of the kind [code], the engine's own or a budget's; null if none. */
    fun refuser(code: Int, size: Long): BudgetNode? = leaf.surelyFull(store.leastBytes(code, size))

    private fun hasNoRoom(code: Int, size: Long) = refuser(code, size) != null
}
