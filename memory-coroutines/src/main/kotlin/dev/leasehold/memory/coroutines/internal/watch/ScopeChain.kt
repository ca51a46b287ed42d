@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.watch

import dev.leasehold.memory.coroutines.internal.own.LeaseLedger
import dev.leasehold.memory.coroutines.internal.own.OpenScopes
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.describeBytes
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlin.coroutines.CoroutineContext

/**
 * The scopes that cannot end before a certain coroutine does, because its job is theirs or a descendant of theirs: what
 * they hold of the pool comes back only when they, or their other coroutines, close something early.
 *
 * @property ledgers the innermost first
 */
internal class ScopeChain private constructor(
    private val state: LineState,
    private val job: Job,
    val ledgers: List<LeaseLedger>,
) {
    /** How many bytes of the pool the scopes hold. */
    fun held(): Long = ledgers.sumOf { it.heldOf(state.line) }

    /** How many bytes the blocks of their leases of the pool below have: whole blocks, as that counts them. */
    fun blocks(): Long = ledgers.sumOf { it.blocksOf(state.pool) }

    /** How many leases the scopes have given back before their end. */
    fun returns(): Long = ledgers.sumOf { it.returns }

    /** Whether there is nothing to watch: the scopes hold nothing, and only the waiter could rent for them. */
    fun isHarmless(): Boolean =
        ledgers.all { it.heldOf(state.line) == 0L } && directly().lastOrNull() === ledgers.lastOrNull()

    /**
     * How many bytes certainly come back only after the coroutine has gone on. A scope's count when it is the scope's
     * body that waits, or the body of a scope directly inside, and no other coroutine of the scope is left that could
     * close something; but not what is bound to a job as well. What the coroutine holds by `withLease` counts where the
     * pool traces it.
     */
    fun heldForCertain(): Long = heldByCalls() + directly().sumOf { it.heldUnboundOf(state.line) }

    private fun heldByCalls(): Long =
        (listOf(job) + waiting().mapNotNull { it.caller }).sumOf { state.calls?.heldBy(it) ?: 0 }

    /** The scopes whose bodies wait, in which no other coroutine runs. */
    private fun directly(): List<LeaseLedger> {
        var below: Job? = null
        return waiting().takeWhile { ledger ->
            val alone = ledger.job?.children?.none { it !== below && !it.isCompleted } == true
            below = ledger.job
            alone
        }.toList()
    }

    /** The scopes whose bodies wait: that of the coroutine itself, the one whose body opened that, and so on. */
    private fun waiting(): Sequence<LeaseLedger> = sequence {
        var at: Job? = job
        for (ledger in ledgers) {
            if (ledger.job !== at) return@sequence
            yield(ledger)
            at = ledger.caller
        }
    }

    /** What holds how much, as a message lists it. */
    fun describe(): String = buildList {
        for (ledger in ledgers) {
            val held = ledger.heldOf(state.line)
            if (held > 0) add("${ledger.describe()} holds ${describeBytes(held)}")
        }
        val calls = heldByCalls()
        if (calls > 0) add("its own withLease holds ${describeBytes(calls)}")
    }.joinToString(" and ")

    companion object {
        /**
         * The chain of the coroutine of [context], which rents for [owner]; null when nothing could wait for itself.
         *
         * What is rented for a scope comes before the scope's end or never, so that one counts also when the coroutine
         * is none of its own, or its job does not lead there: inside of `NonCancellable`, or of `runBlocking`.
         */
        fun of(state: LineState, context: CoroutineContext, owner: LeaseLedger? = null): ScopeChain? {
            if (state.calls == null && OpenScopes.isEmpty()) return null
            val job = context[Job] ?: return null
            val around = scopesAround(job).toMutableList()
            if (owner != null && owner !in around) owner.job?.let { around += scopesAround(it) - around }
            return if (state.calls == null && around.isEmpty()) null else ScopeChain(state, job, around)
        }

        @OptIn(ExperimentalCoroutinesApi::class)
        private fun scopesAround(job: Job): List<LeaseLedger> =
            generateSequence(job) { it.parent }.mapNotNull(OpenScopes::of).toList()
    }
}
