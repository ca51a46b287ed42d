package dev.leasehold.memory.coroutines

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.rentSharedFor
import kotlinx.coroutines.sync.withLock
import kotlin.coroutines.CoroutineContext

/**
 * The way to several leases whose bytes were granted together.
 *
 * The pool below may refuse one of them when it has given out others. Whoever waits for a block then holds the ones before, and two
 * who do so could wait for each other. So only one group of a suspending pool at a time waits with something in hand: the
 * others give back what they had, and queue up for that turn with empty hands.
 */
@OptIn(InternalMemoryApi::class)
internal class GroupTurn(private val pool: SuspendingPool, sizes: LongArray, context: CoroutineContext) {
    // Inert until all leases are there: what is given back in between keeps its bytes.
    private val grants = Array(sizes.size) { Grant(pool, sizes[it], context, inert = true) }
    private val leases = ArrayList<SharedLease>(sizes.size)

    /** The leases for bytes that have been taken; when this throws, they have been given back. */
    suspend fun rent(ledger: LeaseLedger?): Leases {
        try {
            if (!tryAll()) pool.groupTurn.withLock { awaitAll() }
        } catch (failure: Throwable) {
            pool.giveBack(grants.sumOf { it.bytes })
            throw failure
        }
        // From here on without a suspension, so that all are owned before anything can be dropped.
        grants.forEach { it.start() }
        val all = Leases(leases.toTypedArray())
        if (ledger != null) own(all, ledger)
        return all
    }

    private fun own(all: Leases, ledger: LeaseLedger) {
        try {
            grants.forEachIndexed { index, grant -> Leasing.own(ledger, grant, all[index]) }
        } catch (failure: Throwable) {
            all.close()
            throw failure
        }
    }

    /** Rents all without waiting; false when the pool refused one, and then none is rented. */
    private fun tryAll(): Boolean {
        try {
            for (grant in grants) leases += pool.pool.rentSharedFor(grant, grant.bytes)
            return true
        } catch (_: MemoryExhaustedException) {
            closeAll()
            return false
        } catch (failure: Throwable) {
            closeAll()
            throw failure
        }
    }

    private suspend fun awaitAll() {
        // It may have waited for this turn for long.
        if (pool.isClosed) throw pool.closed()
        try {
            for (grant in grants) leases += PoolTurn.rent(pool, grant.bytes, grant, leases.toList())
        } catch (failure: Throwable) {
            closeAll()
            throw failure
        }
    }

    // Nobody has seen these leases, so nobody can be using them, and none refuses to close.
    private fun closeAll() {
        while (leases.isNotEmpty()) leases.removeLast().close()
    }
}
