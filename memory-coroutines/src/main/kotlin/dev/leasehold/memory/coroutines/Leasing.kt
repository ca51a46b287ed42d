@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.invalidSize
import dev.leasehold.memory.internal.spi.rentTimeout
import dev.leasehold.memory.internal.spi.requirePossible
import dev.leasehold.memory.internal.spi.tryRentSharedFor
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration

/*
 * How every suspending rent but that of withLease comes to its lease, and why none is lost.
 *
 *   free bytes ──▶ the line, in flight ──▶ a Grant ──▶ a lease that tells the Grant when it ends
 *
 * In flight they are covered by the continuation's handler. Everything behind that runs without a suspension, up to the moment
 * that the scope (or the job, or the caller) owns the lease; except for the turn in the pool below, where the Grant owns the bytes and
 * gives them back when that throws. So a scope owns the lease before the rent returns it, and whatever drops the value
 * then (a timeout around it, a cancellation) drops only a reference.
 */
internal object Leasing {
    /** Rents [size] bytes of [pool], for [ledger] if there is one. Waits as long as it takes. */
    suspend fun rent(pool: SuspendingPool, size: Long, ledger: LeaseLedger?): SharedLease =
        rent(pool, size, ledger, currentCoroutineContext())

    private suspend fun rent(
        pool: SuspendingPool,
        size: Long,
        ledger: LeaseLedger?,
        context: CoroutineContext,
    ): SharedLease {
        ledger?.requireOpen()
        if (!pool.tryTake(size)) pool.take(size, context, ledger)
        return lease(Grant(pool, size, context), ledger)
    }

    /** The lease for [grant], whose bytes have been taken. When this throws, they have been given back. */
    suspend fun lease(grant: Grant, ledger: LeaseLedger?): SharedLease {
        val lease = try {
            PoolTurn.rent(grant.pool, grant.bytes, grant)
        } catch (failure: Throwable) {
            grant.release()
            throw failure
        }
        if (ledger != null) own(ledger, grant, lease)
        return lease
    }

    /** [rent] without a wait; null when there would have to be one. */
    fun tryRent(pool: SuspendingPool, size: Long, ledger: LeaseLedger?): SharedLease? {
        ledger?.requireOpen()
        if (!pool.tryTake(size)) {
            pool.requireRentable(size)
            return null
        }
        val grant = Grant(pool, size, RentingThread.current())
        val lease = try {
            pool.pool.tryRentSharedFor(grant, size)
        } catch (failure: Throwable) {
            grant.release()
            throw failure
        }
        if (lease == null) {
            grant.release()
        } else if (ledger != null) {
            own(ledger, grant, lease)
        }
        return lease
    }

    /** [rent] within [timeout], or null. */
    suspend fun rentOrNull(pool: SuspendingPool, size: Long, timeout: Duration, ledger: LeaseLedger?): SharedLease? {
        // The coroutine that asks, and not the one that the timeout puts around the wait.
        val context = currentCoroutineContext()
        return within(timeout, SharedLease::close) { rent(pool, size, ledger, context) }
    }

    /** [rent] within [timeout], or a refusal. */
    suspend fun rent(pool: SuspendingPool, size: Long, timeout: Duration, ledger: LeaseLedger?): SharedLease =
        rentOrNull(pool, size, timeout, ledger) ?: throw timeout(pool, size, timeout)

    suspend fun timeout(pool: SuspendingPool, size: Long, timeout: Duration) = rentTimeout(
        SuspendingRefusals.timeout(pool, size, timeout, currentCoroutineContext()),
        pool.name,
        size,
    )

    /**
     * What [action] answers within [timeout], else null.
     *
     * The timeout may strike when [action] is over and its value is on the way out; so the value is kept aside, and when a
     * cancellation from outside wins, [undo] takes it back.
     */
    suspend fun <T : Any> within(timeout: Duration, undo: (T) -> Unit, action: suspend () -> T): T? {
        require(timeout.isPositive()) { "a timeout must be positive, and was $timeout; tryRent does not wait" }
        var value: T? = null
        try {
            withTimeoutOrNull(timeout) { value = action() }
        } catch (failure: Throwable) {
            value?.let(undo)
            throw failure
        }
        return value
    }

    /** Lets [ledger] own [lease]; when it cannot any more, the lease is closed. */
    fun own(ledger: LeaseLedger, grant: Grant, lease: SharedLease) {
        grant.ledger = ledger
        try {
            ledger.add(grant, lease)
        } catch (ended: Throwable) {
            lease.close()
            throw ended
        }
        // Nobody else knows the lease yet, so it cannot have been closed before it was added.
    }

    /** Rents all of [sizes] in one request of their sum, so that no part is held while the rest is waited for. */
    suspend fun rentAll(pool: SuspendingPool, sizes: LongArray, ledger: LeaseLedger?): Leases {
        ledger?.requireOpen()
        val context = currentCoroutineContext()
        val sum = sumOf(pool, sizes)
        if (!pool.tryTake(sum)) pool.takeSum(sum, context, ledger)
        return GroupTurn(pool, sizes, context).rent(ledger)
    }

    private fun sumOf(pool: SuspendingPool, sizes: LongArray): Long {
        var sum = 0L
        for (size in sizes) {
            pool.pool.requirePossible(size)
            sum = if (size > Long.MAX_VALUE - sum) Long.MAX_VALUE else sum + size
        }
        if (sum > pool.capacity) {
            throw invalidSize(SuspendingRefusals.groupAboveCapacity(pool.name, sizes, pool.capacity), sum)
        }
        return sum
    }
}
