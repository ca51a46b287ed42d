@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.lend

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.own.Grant
import dev.leasehold.memory.coroutines.internal.own.LeaseLedger
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.rentSharedFor
import kotlinx.coroutines.sync.withLock
import kotlin.coroutines.CoroutineContext

/**
 * Several leases whose bytes were granted together.
 *
 * The pool below may refuse one of them when it has given out others. A wait for a block then holds the ones before,
 * and two such waits could wait for each other. So only one group of a suspending pool at a time waits with something
 * in hand: the others give back what they had, and queue up for that turn with empty hands.
 */
internal class GroupRent(private val lender: Lender, sizes: LongArray, context: CoroutineContext) {
    // Inert until all leases are there: what is given back in between keeps its bytes.
    private val grants = Array(sizes.size) { Grant(lender.line, sizes[it], context, inert = true) }
    private val leases = ArrayList<SharedLease>(sizes.size)

    /** The leases for bytes that have been taken; when this throws, they have been given back. */
    suspend fun rent(ledger: LeaseLedger?): Array<SharedLease> {
        try {
            if (!tryAll()) lender.groupTurn.withLock { awaitAll() }
        } catch (failure: Throwable) {
            lender.line.giveBack(grants.sumOf { it.bytes })
            throw failure
        }
        // From here on without a suspension, so that all are owned before anything can be dropped.
        grants.forEach { it.start() }
        if (ledger != null) orCloseAll { grants.forEachIndexed { at, grant -> Leasing.own(ledger, grant, leases[at]) } }
        return leases.toTypedArray()
    }

    /** Rents all without waiting; false when the pool refused one, and then none is rented. */
    private fun tryAll(): Boolean = try {
        orCloseAll { for (grant in grants) leases += lender.pool.rentSharedFor(grant, grant.bytes) }
        true
    } catch (_: MemoryExhaustedException) {
        false
    }

    private suspend fun awaitAll() {
        // It may have waited for this turn for long.
        if (lender.line.isClosed) throw lender.closed()
        orCloseAll { for (grant in grants) leases += lender.rentBelow(grant.bytes, grant, leases.toList()) }
    }

    // No caller has seen these leases, so none is in use or refuses to close.
    private inline fun orCloseAll(action: () -> Unit) {
        try {
            action()
        } catch (failure: Throwable) {
            while (leases.isNotEmpty()) leases.removeLast().close()
            throw failure
        }
    }
}
