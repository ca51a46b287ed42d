@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.dsl

import dev.leasehold.memory.LeaseWithOwner
import dev.leasehold.memory.internal.spi.InternalMemoryApi

/** Rebuilds a ledger's chains without what has been closed; order is kept. */
internal class ScopeSweep private constructor(private val ledger: ScopeLedger) {
    private var kept = 0
    private var aboveEntry: ScopeEntry? = null
    private var aboveLease: LeaseWithOwner? = null

    private fun run() {
        var lease = ledger.newest
        var entry = ledger.entries
        ledger.newest = null
        ledger.entries = null
        while (true) {
            keepOpen(lease)
            val next = entry ?: break
            entry = next.older
            lease = next.leases
            if (!next.isOver) keep(next)
        }
        ledger.linked = kept
        ledger.sweepAt = maxOf(ScopeLedger.FEWEST_TO_SWEEP, 2 * kept)
    }

    private fun keepOpen(newest: LeaseWithOwner?) {
        var lease = newest
        while (lease != null) {
            val older = lease.older
            lease.older = null
            if (!lease.isClosed) keep(lease)
            lease = older
        }
    }

    private fun keep(lease: LeaseWithOwner) {
        val newer = aboveLease
        val entry = aboveEntry
        if (newer != null) {
            newer.older = lease
        } else if (entry != null) {
            entry.leases = lease
        } else {
            ledger.newest = lease
        }
        aboveLease = lease
        kept++
    }

    private fun keep(entry: ScopeEntry) {
        entry.leases = null
        entry.older = null
        val above = aboveEntry
        if (above != null) above.older = entry else ledger.entries = entry
        aboveEntry = entry
        aboveLease = null
        kept++
    }

    companion object {
        @JvmStatic
        fun sweep(ledger: ScopeLedger): Unit = ScopeSweep(ledger).run()
    }
}
