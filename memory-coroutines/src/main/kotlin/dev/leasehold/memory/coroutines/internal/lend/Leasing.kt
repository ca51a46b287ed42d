@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.lend

import dev.leasehold.memory.InvalidTimeoutException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.own.Grant
import dev.leasehold.memory.coroutines.internal.own.LeaseLedger
import dev.leasehold.memory.coroutines.internal.own.RentedAt
import dev.leasehold.memory.coroutines.internal.own.RentingThread
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.RentSite
import dev.leasehold.memory.internal.spi.heldBy
import dev.leasehold.memory.internal.spi.invalidSize
import dev.leasehold.memory.internal.spi.invalidTimeout
import dev.leasehold.memory.internal.spi.rentTimeout
import dev.leasehold.memory.internal.spi.requireOpen
import dev.leasehold.memory.internal.spi.requirePossible
import dev.leasehold.memory.internal.spi.requireStack
import dev.leasehold.memory.internal.spi.tryRentSharedFor
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration

/*
 * How every suspending rent but that of withLease comes to its lease, and why none is lost.
 *
 *   free bytes ──▶ the line, in flight ──▶ a Grant ──▶ a lease that notifies the Grant when it ends
 *
 * In flight they are covered by the continuation's handler. Everything behind that runs without a suspension, up to the
 * moment that the scope (or the job, or the caller) owns the lease; except for a wait in the pool below, where the
 * Grant owns the bytes and gives them back when that throws. So a scope owns the lease before the rent returns it, and
 * what drops the value then (a timeout around it, a cancellation) drops only a reference.
 */
internal object Leasing {
    /** How deep the way back goes, when a rent has its bytes and cannot go on. */
    const val CALLS: Int = 16

    /** Rents [size] bytes of [lender], for [ledger] if there is one. Waits as long as it takes. */
    suspend fun rent(lender: Lender, size: Long, ledger: LeaseLedger?): SharedLease =
        rent(lender, size, ledger, lender.sited(currentCoroutineContext()))

    /** [rent] for a flow, in which [site] asked, that is not on the stack any more. */
    suspend fun rentAt(site: RentSite?, lender: Lender, size: Long): SharedLease =
        rent(lender, size, null, RentedAt.of(currentCoroutineContext(), site))

    private suspend fun rent(
        lender: Lender,
        size: Long,
        ledger: LeaseLedger?,
        context: CoroutineContext,
    ): SharedLease {
        ledger?.requireOpen()
        // Made first: the heap may be full.
        val grant = Grant(lender.line, size, context)
        requireStack(CALLS)
        if (!lender.line.tryTake(size)) lender.take(size, context, ledger)
        val lease = grant.orRelease { lender.rentBelow(size, grant) }
        if (ledger != null) own(ledger, grant, lease)
        return lease
    }

    /** [rent] without a wait; null when there would have to be one. */
    fun tryRent(lender: Lender, size: Long, ledger: LeaseLedger?): SharedLease? {
        ledger?.requireOpen()
        val grant = Grant(lender.line, size, lender.sited(RentingThread.current()))
        requireStack(CALLS)
        if (!lender.line.tryTake(size)) {
            lender.requireRentable(size)
            return null
        }
        val lease = grant.orRelease { lender.pool.tryRentSharedFor(grant, size) }
        if (lease == null) {
            grant.release()
        } else if (ledger != null) {
            own(ledger, grant, lease)
        }
        return lease
    }

    /**
     * [rent] within [timeout], or null.
     *
     * The timeout may strike when the lease is there and on the way out. So it is kept aside, and closed when a
     * cancellation from outside wins.
     */
    suspend fun rentOrNull(lender: Lender, size: Long, timeout: Duration, ledger: LeaseLedger?): SharedLease? {
        if (!timeout.isPositive()) throw notPositive(timeout)
        // The coroutine that rents, and not the one that the timeout puts around the wait.
        val context = lender.sited(currentCoroutineContext())
        var lease: SharedLease? = null
        try {
            withTimeoutOrNull(timeout) { lease = rent(lender, size, ledger, context) }
        } catch (failure: Throwable) {
            lease?.close()
            throw failure
        }
        return lease
    }

    /** [rent] within [timeout], or a refusal. */
    suspend fun rent(lender: Lender, size: Long, timeout: Duration, ledger: LeaseLedger?): SharedLease =
        rentOrNull(lender, size, timeout, ledger)
            ?: throw timedOut(lender, size, timeout, currentCoroutineContext())

    /** The exception for [size] bytes that the coroutine or the thread of [context] did not get within [timeout]. */
    fun timedOut(lender: Lender, size: Long, timeout: Duration, context: CoroutineContext): RentTimeoutException =
        rentTimeout(
            LineMessages.timeout(lender, size, timeout, context) + lender.pool.heldBy(),
            lender.pool.name,
            size,
        )

    /** Lets [ledger] own [lease]; when it cannot any more, the lease is closed. */
    fun own(ledger: LeaseLedger, grant: Grant, lease: SharedLease) {
        grant.ledger = ledger
        try {
            ledger.add(grant, lease)
        } catch (ended: Throwable) {
            lease.close()
            throw ended
        }
    }

    /**
     * Rents all of [sizes] in one request of their sum, so that no part is held while the rest is waited for, and puts
     * them into [leases].
     */
    suspend fun rentAll(lender: Lender, sizes: LongArray, ledger: LeaseLedger?, leases: Array<SharedLease?>) {
        ledger?.requireOpen()
        val context = lender.sited(currentCoroutineContext())
        val sum = sumOf(lender, sizes)
        val group = GroupRent(lender, sizes, context, leases)
        requireStack(CALLS)
        if (!lender.line.tryTake(sum)) lender.takeSum(sum, context, ledger)
        // Around it: a suspending function may find the heap full before its first step.
        try {
            group.rent(ledger)
        } catch (failure: Throwable) {
            group.giveBack()
            throw failure
        }
    }

    private fun sumOf(lender: Lender, sizes: LongArray): Long {
        var sum = 0L
        for (size in sizes) {
            lender.pool.requirePossible(size)
            sum = if (size > Long.MAX_VALUE - sum) Long.MAX_VALUE else sum + size
        }
        val capacity = lender.line.capacity
        if (sum > capacity) {
            throw invalidSize(LineMessages.groupAboveCapacity(lender.pool.name, sizes, sum, capacity), sum)
        }
        return sum
    }

    /** The exception for a [timeout] that is not positive. */
    fun notPositive(timeout: Duration): InvalidTimeoutException =
        invalidTimeout("a timeout must be positive, and was $timeout; tryRent does not wait")
}
