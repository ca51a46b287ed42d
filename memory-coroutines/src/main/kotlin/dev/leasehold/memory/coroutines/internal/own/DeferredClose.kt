@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.own

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.closeFor
import dev.leasehold.memory.internal.spi.endFor
import dev.leasehold.memory.internal.spi.firstFailure

/** How the owners of this module close what native calls may still use: see `spi.DeferredClose`, which does it. */
internal object DeferredClose {
    /** Closes [lease] now or later for [owner], which has nobody to throw to. */
    inline fun close(lease: SharedLease, owner: () -> String): Unit = lease.closeFor(owner)
}

/**
 * Closes this lease at the end of [owner], a block that threw [failure], if anything, and runs [ended] when it is
 * closed: now, or, when it refuses to close, later; a refusal is thrown, or attached to [failure].
 *
 * Inlined, because only what refuses may cost an object.
 */
internal inline fun SharedLease.end(owner: String, failure: Throwable?, crossinline ended: () -> Unit) {
    val refusal = endFor({ owner }, ended) ?: return
    if (firstFailure(failure, refusal) !== failure) throw refusal
}
