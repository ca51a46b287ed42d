@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.block.OwnerMessages
import dev.leasehold.memory.internal.platform.Background

/*
 * What an owner does that closes for its user and is refused, because a native call or an input/output operation uses
 * the memory: a scope, a block, a group, a channel, a flow, a job. It has ended, and the user may have no reference. So
 * the lease is closed in the background, as soon as the work has ended, and a message says what was met: of an exception
 * where there is someone to throw it to, else of a warning.
 *
 * A lease that another thread uses by `withSegment`, or that is pinned, does not refuse: it is closed, and its memory
 * goes back when that ends. A confined lease can be closed by its own thread alone, and only that can use it, in a
 * native call that has called back: its owner keeps it, and its close is to be called again.
 */

/**
 * Closes this for an owner that has ended, and runs [ended] when it is closed: now, or, when it refuses, later.
 *
 * Inlined, because only what refuses may cost an object.
 *
 * @param owner the owner, in words
 * @return what the owner has to throw; null when this is closed
 */
@InternalMemoryApi
public inline fun SharedLease.endFor(owner: () -> String, crossinline ended: () -> Unit): Throwable? {
    try {
        close()
    } catch (refusal: Throwable) {
        // First: what describes an owner may fail itself.
        deferClose(this) { ended() }
        return metAtEnd(this, refusal, owner())
    }
    ended()
    return null
}

/** Closes this for an owner that has ended and has nobody to throw to: a refusal is logged as a warning. */
@InternalMemoryApi
public inline fun SharedLease.closeFor(owner: () -> String) {
    endFor(owner) {}?.let { logWarning("BUSY: ${it.message ?: it}") }
}

/** Closes [lease], which has just refused to, in the background, and runs [ended] then. */
@InternalMemoryApi
public fun deferClose(lease: SharedLease, ended: () -> Unit) {
    if (lease.isClosed) ended() else DeferredClose(lease, ended).begin()
}

/** What an owner says whose [lease] refused to close with [refusal]. */
@InternalMemoryApi
public fun metAtEnd(lease: SharedLease, refusal: Throwable, owner: String): Throwable {
    if (refusal !is MemoryBusyException) return refusal
    val message = OwnerMessages.inUseAtEnd(lease.describe(), lease.owner, owner)
    return MemoryBusyException(message, lease.owner.name, lease.size, refusal)
}

/** What an owner throws that kept the confined [lease], whose close was refused with [refusal]. */
@InternalMemoryApi
public fun keptByOwner(lease: Lease, refusal: MemoryBusyException, owner: String): MemoryBusyException =
    MemoryBusyException(
        OwnerMessages.keptAtEnd(lease.size, lease.pool.name, owner),
        lease.pool.name,
        lease.size,
        refusal,
    )

/** One lease that is to be closed when nothing uses it any more; a key of its own among what the background retries. */
private class DeferredClose(private val lease: SharedLease, private val ended: () -> Unit) {
    fun begin(): Unit = Background.untilDone(this) { isClosed().also { if (it) ended() } }

    // Whatever it fails with: as long as it is open it must be closed.
    private fun isClosed(): Boolean = try {
        lease.close()
        true
    } catch (_: Throwable) {
        lease.isClosed
    }
}
