@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.own

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseKeeper
import dev.leasehold.memory.internal.spi.RentSite
import kotlinx.coroutines.Job
import java.util.concurrent.ConcurrentHashMap
import kotlin.coroutines.CoroutineContext

/** Knows which coroutine a lease was rented for, when its bytes are accounted for elsewhere. */
internal class LeaseOrigin(
    private val context: CoroutineContext,
    private val bytes: Long,
    private val calls: CallLedger?,
) : LeaseKeeper {
    override val renter: String get() = Renter.describe(context)

    override val site: RentSite? get() = context.rentSite

    override fun describe(name: String?): String = renter

    /** The lease is there, and has not been used. */
    fun leaseBegan(): Unit = count(bytes)

    override fun leaseEnded(): Unit = count(-bytes)

    private fun count(change: Long) {
        if (calls != null) context[Job]?.let { calls.add(it, change) }
    }
}

/** How many bytes each coroutine holds by calls of `withLease` that it is in. Any thread. */
internal class CallLedger {
    private val held = ConcurrentHashMap<Job, Long>()

    fun add(job: Job, change: Long) {
        // A coroutine that holds nothing is not remembered.
        val _ = held.merge(job, change) { before, more -> (before + more).takeIf { it != 0L } }
    }

    fun heldBy(job: Job): Long = held[job] ?: 0
}
