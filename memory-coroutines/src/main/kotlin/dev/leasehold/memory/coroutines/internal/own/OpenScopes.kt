package dev.leasehold.memory.coroutines.internal.own

import kotlinx.coroutines.Job
import java.util.concurrent.ConcurrentHashMap

/**
 * Which job is a memory scope's, while the scope is open: how a coroutine that waits finds the scopes around it, by its
 * job's ancestors.
 *
 * Rejected: an element of the scope's context. A flow may be emitted to from inside of a scope as from inside of a
 * `coroutineScope`, but not from a context with another element in it.
 */
internal object OpenScopes {
    private val ledgers = ConcurrentHashMap<Job, LeaseLedger>()

    fun isEmpty(): Boolean = ledgers.isEmpty()

    /** The scope whose job is [job], if it is one's. */
    fun of(job: Job): LeaseLedger? = ledgers[job]

    /** [ledger] is that of the scope with [job] from now on. */
    fun open(job: Job, ledger: LeaseLedger) {
        ledger.job = job
        ledgers[job] = ledger
    }

    /** The scope of [ledger], and all of its coroutines, have ended. */
    fun close(ledger: LeaseLedger) {
        ledger.job?.let(ledgers::remove)
    }
}
