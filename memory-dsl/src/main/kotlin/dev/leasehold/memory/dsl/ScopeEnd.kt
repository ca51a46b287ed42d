@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.dsl

import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.firstFailure
import dev.leasehold.memory.internal.spi.keptByOwner

/** The end of a scope that has more to end than one lease. */
@PublishedApi
internal object ScopeEnd {
    /** Ends all that [ledger] holds and throws the first failure, with the others attached. */
    @JvmStatic
    fun throwing(ledger: ScopeLedger) {
        val failure = endAll(ledger, null)
        if (failure != null) throw failure
    }

    /** Ends all that [ledger] holds and returns [failure] with the others attached. */
    @JvmStatic
    fun joining(ledger: ScopeLedger, failure: Throwable): Throwable = endAll(ledger, failure) ?: failure

    // Deferred actions may still use the scope; what they rent comes on top, and so ends next.
    private fun endAll(ledger: ScopeLedger, failure: Throwable?): Throwable? {
        var first = failure
        // What stays the scope's, the newest first, in links that are there already.
        var kept: ScopeEntry? = null
        var lastKept: ScopeEntry? = null
        try {
            while (true) {
                val entry = ledger.newest ?: return first
                // Taken off first: a lease that refuses to close must not be met again in this turn.
                ledger.newest = entry.older
                if (entry.carves) ledger.forgetChunk()
                val next = failureOf(ledger, entry) ?: continue
                if (entry is LeaseEntry && !entry.isOver) {
                    entry.older = null
                    if (lastKept == null) kept = entry else lastKept.older = entry
                    lastKept = entry
                }
                first = firstFailure(first, next)
            }
        } finally {
            ledger.closed = true
            ledger.forgetChunk()
            if (lastKept != null) {
                lastKept.older = ledger.newest
                ledger.newest = kept
            }
        }
    }

    private fun failureOf(ledger: ScopeLedger, entry: ScopeEntry): Throwable? = try {
        entry.end()
        null
    } catch (refusal: MemoryBusyException) {
        // Only its own thread can close it, and is inside of a native call that uses it: so it stays the scope's.
        (entry as? LeaseEntry)?.lease?.let { keptByOwner(it, refusal, ledger.describe()) } ?: refusal
    } catch (failure: Throwable) {
        failure
    }
}
