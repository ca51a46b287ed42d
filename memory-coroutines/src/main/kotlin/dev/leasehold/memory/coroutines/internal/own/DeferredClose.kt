@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.own

import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.firstFailure
import dev.leasehold.memory.internal.spi.startVirtual

/**
 * Closes leases that refused to close, because a native call or an input/output operation was still using them, as soon
 * as that is over: the code that was to close them has ended, and the bytes must come back.
 */
internal object DeferredClose {
    private const val FIRST_PAUSE_MILLIS = 1L
    private const val LONGEST_PAUSE_MILLIS = 100L

    /** Closes [lease] if it can be closed now, else later. */
    fun close(lease: SharedLease) {
        try {
            lease.close()
        } catch (_: MemoryBusyException) {
            close(lease) {}
        }
    }

    /**
     * Closes [lease], which has just refused to with [refusal], later, and runs [closed] then. Attaches the [refusal]
     * to [failure], which is on its way already; where there is none, throws it.
     */
    fun refused(lease: SharedLease, refusal: Throwable, failure: Throwable?, closed: () -> Unit) {
        close(lease, closed)
        if (firstFailure(failure, refusal) !== failure) throw refusal
    }

    /** Closes [lease], which has just refused to, later, and runs [closed] then. */
    fun close(lease: SharedLease, closed: () -> Unit) {
        if (lease.isClosed) return closed()
        val _ = startVirtual("leasehold-deferred-close") {
            var pause = FIRST_PAUSE_MILLIS
            while (!tryClose(lease)) {
                Thread.sleep(pause)
                pause = minOf(2 * pause, LONGEST_PAUSE_MILLIS)
            }
            closed()
        }
    }

    private fun tryClose(lease: SharedLease): Boolean = try {
        lease.close()
        true
    } catch (_: MemoryBusyException) {
        lease.isClosed
    }
}

/**
 * Closes this lease behind a block that threw [failure], if anything, and runs [ended] when it is closed: now, or, when
 * it refuses to close, later; a refusal is thrown, or attached to [failure].
 *
 * Inlined, because only what refuses may cost an object.
 */
internal inline fun SharedLease.end(failure: Throwable?, crossinline ended: () -> Unit) {
    try {
        close()
    } catch (refusal: Throwable) {
        return DeferredClose.refused(this, refusal, failure) { ended() }
    }
    ended()
}
