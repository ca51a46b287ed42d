@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.lend

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.own.Grant
import dev.leasehold.memory.coroutines.internal.own.LeaseLedger
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.closeFor
import dev.leasehold.memory.internal.spi.rentSharedFor
import kotlinx.coroutines.sync.withLock
import kotlin.coroutines.CoroutineContext

/**
 * Several leases whose bytes were granted together.
 *
 * The pool below may refuse one of them when it has given out others. A wait for a block then holds the ones before,
 * and two such waits could wait for each other. So only one group of a suspending pool at a time waits with something
 * in hand: the others give back what they had, and queue up for that turn with empty hands.
 *
 * Made before the bytes are taken, with all that it needs: the heap may be full afterwards.
 *
 * @param leases where they are put
 */
internal class GroupRent(
    private val lender: Lender,
    sizes: LongArray,
    context: CoroutineContext,
    private val leases: Array<SharedLease?>,
) {
    // Inert until all leases are there: what is given back in between keeps its bytes.
    private val grants = Array(sizes.size) { Grant(lender.line, sizes[it], context, inert = true) }

    /** Rents, for bytes that have been taken; when this throws, no lease is open. */
    suspend fun rent(ledger: LeaseLedger?): Unit = orCloseAll {
        if (!tryAll()) lender.groupTurn.withLock { awaitAll() }
        // From here on without a suspension, so that all are owned before anything can be dropped.
        grants.forEach { it.start() }
        if (ledger != null) grants.forEachIndexed { at, grant -> Leasing.own(ledger, grant, leases[at]!!) }
    }

    /** Gives back the bytes that were taken and are not back yet, of a [rent] that has thrown. */
    fun giveBack() {
        for (grant in grants) {
            grant.start()
            grant.release()
        }
    }

    /** Rents all without waiting; false when the pool refused one, and then none is rented. */
    private fun tryAll(): Boolean = try {
        orCloseAll { grants.forEachIndexed { at, grant -> leases[at] = lender.pool.rentSharedFor(grant, grant.bytes) } }
        true
    } catch (_: MemoryExhaustedException) {
        false
    }

    private suspend fun awaitAll() {
        // It may have waited for this turn for long.
        if (lender.line.isClosed) throw lender.closed()
        grants.forEachIndexed { at, grant ->
            leases[at] = lender.rentBelow(grant.bytes, grant, leases.filterNotNull())
        }
    }

    // No caller has seen these leases, so none is in use; one that finds no room on the stack is closed later.
    private inline fun orCloseAll(action: () -> Unit) {
        try {
            action()
        } catch (failure: Throwable) {
            for (at in leases.indices) {
                leases[at]?.closeFor { "a rent of several leases that failed" }
                leases[at] = null
            }
            throw failure
        }
    }
}
