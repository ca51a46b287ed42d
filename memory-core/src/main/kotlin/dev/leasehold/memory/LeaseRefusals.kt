package dev.leasehold.memory

import dev.leasehold.memory.internal.access.AccessFailures.describe
import dev.leasehold.memory.internal.block.LeaseTrace

/** The messages of a lease that refuses. They name the pool, the size, who did what and what to do. */
internal object LeaseRefusals {
    fun of(
        lease: Lease,
        verb: String,
        closed: Boolean,
        thread: Thread,
        owner: String?,
        trace: LeaseTrace?,
    ): IllegalStateException = if (closed) {
        closed(lease.pool.name, lease.size, "Lease", owner, trace)
    } else {
        LeaseThreadException(
            "Lease of ${lease.size} bytes from pool '${lease.pool.name}' was rented by ${describe(
                thread,
            )} and $verb on " +
                "${describe(Thread.currentThread())}; use rentShared for memory that changes threads" +
                (trace?.takenAt() ?: ""),
        )
    }

    fun closed(poolName: String, size: Long, kind: String, owner: String?, trace: LeaseTrace?): LeaseClosedException {
        val scope = owner?.let { "; it belonged to $it" } ?: ""
        val sites = trace?.sites() ?: "; set traceSites = true on the pool to see where it was rented and closed"
        return LeaseClosedException("$kind of $size bytes from pool '$poolName' is closed$scope$sites", poolName)
    }
}
