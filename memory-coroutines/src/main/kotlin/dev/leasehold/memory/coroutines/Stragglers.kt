package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease

/**
 * Closes leases that refused to close, because a native call or an input/output operation was still using them, as soon as that
 * is over: whoever was to close them has nobody left to tell, and the bytes must come back.
 */
internal object Stragglers {
    private const val FIRST_PAUSE_MILLIS = 1L
    private const val LONGEST_PAUSE_MILLIS = 100L

    /** Closes [lease] if it can be closed now, else later. */
    fun close(lease: SharedLease) {
        try {
            lease.close()
        } catch (_: IllegalStateException) {
            close(lease) {}
        }
    }

    /** Closes [lease], which has just refused to, later, and runs [closed] then. */
    fun close(lease: SharedLease, closed: () -> Unit) {
        if (lease.isClosed) return closed()
        val _ = Thread.ofVirtual().name("leasehold-straggler").start {
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
    } catch (_: IllegalStateException) {
        lease.isClosed
    }
}
