@file:JvmSynthetic
@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.endFor
import dev.leasehold.memory.internal.spi.firstFailure

/**
 * Several leases that were granted together, by [rentAll], in the order of the requested sizes.
 *
 * **Ownership.** As a lease of the same rent. [close] closes those that are open, the last first; each may be closed,
 * or moved, on its own. When one refuses to close, the others are closed all the same, and the first failure is thrown
 * with the rest attached.
 * **Threads.** Any.
 */
public class Leases internal constructor(private val leases: Array<SharedLease?>) :
    AbstractList<SharedLease>(),
    AutoCloseable {
    /** How many leases these are. */
    override val size: Int get() = leases.size

    /** The lease for the requested size at [index]. */
    override fun get(index: Int): SharedLease = leases[index]!!

    /**
     * Closes those that are open, the last first.
     *
     * @throws dev.leasehold.memory.MemoryBusyException when one could not be closed, because a native call or an
     *   input/output operation is still using it; it is closed as soon as that has ended, and the others are closed
     */
    override fun close() {
        var failure: Throwable? = null
        for (index in leases.indices.reversed()) {
            val refusal = leases[index]!!.endFor({ "the leases that it was rented with" }) {}
            if (refusal != null) failure = firstFailure(failure, refusal)
        }
        failure?.let { throw it }
    }
}

/** What [rent] puts its leases into; made before, because the heap may be full afterwards. */
internal inline fun leasesOf(sizes: LongArray, rent: (Array<SharedLease?>) -> Unit): Leases {
    val leases = arrayOfNulls<SharedLease>(sizes.size)
    return Leases(leases).also { rent(leases) }
}
