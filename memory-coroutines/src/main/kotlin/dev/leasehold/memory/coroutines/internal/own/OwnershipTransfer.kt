@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.own

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.dsl.ScopeClosedException
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.requireOpen

/** Whose a lease was before it was taken away, so that it can be given back. */
internal class OwnershipTransfer(
    private val grant: Grant,
    private val ledger: LeaseLedger?,
    private val binding: Binding?,
) {
    /** Gives [lease] back; where its owner has ended meanwhile, it is closed, as that would have done. */
    fun restore(lease: SharedLease) {
        if (lease.isClosed) return
        try {
            ledger?.adopt(lease)
        } catch (_: ScopeClosedException) {
            DeferredClose.close(lease) { ledger?.describe() ?: "its scope" }
        }
        // Last, because to be adopted undoes it.
        binding?.restore(grant, lease)
    }

    companion object {
        /** Takes [lease] away from its owner; null when it keeps no books, and so stays whose it is. */
        fun take(lease: SharedLease): OwnershipTransfer? {
            // The ledger is read before it is left.
            val transfer = Grant.of(lease)?.let { OwnershipTransfer(it, it.ledger, detach(it, lease)) }
            requireOpenOrClose(lease)
            return transfer
        }
    }
}

/**
 * Takes [lease] away from the owner of [grant], and returns what would have ended it besides a scope. If its scope is
 * ending it at this moment, it is ended when this returns.
 */
@IgnorableReturnValue
internal fun detach(grant: Grant, lease: SharedLease): Binding? {
    // Until no ledger holds it: another move of the same lease may put it somewhere else in between.
    var holder = grant.holder
    while (holder != null && !holder.remove(grant)) holder = grant.holder
    val binding = grant.unbind()
    if (grant.isEnding) lease.close()
    grant.ledger = null
    return binding
}

/**
 * Refuses when [lease] has ended, or is being closed at this moment. That close may be refused itself; then the lease
 * is closed as soon as it can be, because what was taken away and not given to another has no owner.
 */
internal fun requireOpenOrClose(lease: SharedLease) {
    try {
        lease.requireOpen()
    } catch (closed: LeaseClosedException) {
        DeferredClose.close(lease) { "its last owner" }
        throw closed
    }
}
