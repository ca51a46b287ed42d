@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.dsl

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.firstFailure

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
        try {
            while (true) {
                val entry = ledger.newest ?: return first
                // Taken off first: a lease that refuses to close must not be met again.
                ledger.newest = entry.older
                if (entry.carves) ledger.forgetChunk()
                first = joined(first) { entry.end() }
            }
        } finally {
            ledger.closed = true
            ledger.forgetChunk()
        }
    }

    private inline fun joined(first: Throwable?, action: () -> Unit): Throwable? = try {
        action()
        first
    } catch (next: Throwable) {
        firstFailure(first, next)
    }
}
