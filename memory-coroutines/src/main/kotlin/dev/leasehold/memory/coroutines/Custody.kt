package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.dsl.ScopeClosedException

/** Whose a lease was before it was taken away, so that it can be given back. */
internal class Custody(private val grant: Grant, private val ledger: LeaseLedger?, private val tie: Tie?) {
    /** Gives [lease] back; when they that owned it have ended meanwhile, it is closed, as they would have. */
    fun restore(lease: SharedLease) {
        if (lease.isClosed) return
        try {
            ledger?.adopt(lease)
        } catch (_: ScopeClosedException) {
            Stragglers.close(lease)
        }
        // Last, because to be adopted undoes it.
        tie?.restore(grant, lease)
    }

    companion object {
        /** Takes [lease] away from whoever owns it; null when it keeps no books, and so stays whose it is. */
        fun take(lease: SharedLease): Custody? {
            val grant = Grant.of(lease)
            val custody = grant?.let {
                val ledger = it.ledger
                Custody(it, ledger, detach(it, lease))
            }
            requireOpen(lease)
            return custody
        }
    }
}
