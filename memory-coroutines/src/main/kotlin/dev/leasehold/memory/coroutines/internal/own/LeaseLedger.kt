@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.own

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.line.ByteLine
import dev.leasehold.memory.dsl.ScopeClosedException
import dev.leasehold.memory.dsl.scopeClosed
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.bytesOfBlock
import dev.leasehold.memory.internal.spi.endFor
import dev.leasehold.memory.internal.spi.firstFailure
import kotlinx.coroutines.Job
import kotlin.coroutines.CoroutineContext

/**
 * What one suspending scope owns, the newest first. Any thread: children of the scope rent at the same time.
 *
 * A lease that is closed early takes itself out. Each operation holds the lock for a few assignments; nothing is
 * closed, and no other code runs, under it.
 *
 * @property name what messages call the scope
 */
internal class LeaseLedger(private val name: String?, private val context: CoroutineContext) {
    /** The coroutine that opened the scope, and waits for its end. */
    val caller: Job? get() = context[Job]

    /** The scope's own coroutine, the parent of its children; set before the body runs. */
    @Volatile
    var job: Job? = null

    private val lock = Any()
    private var newest: LedgerEntry? = null
    private var closed = false

    /** The lease that is being ended. Belongs to the thread that ends the scope. */
    private var taken: SharedLease? = null

    /**
     * How many leases that keep no books there are in it, at most, and at how many those that were closed are dropped.
     */
    private var plain = 0
    private var sweepAt = FEWEST_TO_SWEEP

    /** How many leases have ended before the scope did: what a wait goes by to see whether something moves. */
    @Volatile
    var returns: Long = 0
        private set

    /** Owns [entry] from now on, and through it [lease]; false when another ledger does. */
    @IgnorableReturnValue
    fun add(entry: LedgerEntry, lease: SharedLease?): Boolean {
        synchronized(lock) {
            if (closed) throw closed()
            if (!entry.claim(this)) return false
            entry.lease = lease
            entry.older = newest
            newest?.newer = entry
            newest = entry
            if (entry is PlainEntry && ++plain >= sweepAt) sweep()
        }
        return true
    }

    /** Owns [lease], which has belonged to another scope, a job or the caller. */
    fun adopt(lease: SharedLease) {
        requireOpen()
        val grant = Grant.of(lease)
        if (grant == null) {
            requireOpenOrClose(lease)
            add(PlainEntry(), lease)
            return
        }
        val from = grant.ledger
        val binding = detach(grant, lease)
        requireOpenOrClose(lease)
        grant.ledger = this
        try {
            // Another move of the same lease may come in between; then this one, the later, takes it from there.
            while (!add(grant, lease)) {
                detach(grant, lease)
                requireOpenOrClose(lease)
                grant.ledger = this
            }
        } catch (ended: ScopeClosedException) {
            // This scope has ended since the first look.
            grant.ledger = null
            OwnershipTransfer(grant, from, binding).restore(lease)
            throw ended
        }
        // A close before it was added could not take it out.
        if (lease.isClosed) remove(grant)
    }

    /** Owns [entry] no more; false when it did not, or is ending it now. */
    @IgnorableReturnValue
    fun remove(entry: LedgerEntry): Boolean = synchronized(lock) {
        if (entry.holder !== this) return false
        unlink(entry)
        returns++
        true
    }

    /** How many bytes of [line] its leases hold. */
    fun heldOf(line: ByteLine): Long = sumOfGrants { it.line === line }

    /** The same without what a job may end before the scope does. */
    fun heldUnboundOf(line: ByteLine): Long = sumOfGrants { it.line === line && !it.isBound }

    /** How many bytes the blocks of its leases of [of] have. */
    fun blocksOf(of: MemoryPool): Long = sumOf { entry ->
        entry.lease?.takeIf { it.pool === of && !it.isClosed }?.bytesOfBlock() ?: 0
    }

    private inline fun sumOfGrants(counts: (Grant) -> Boolean): Long =
        sumOf { if (it is Grant && counts(it)) it.bytes else 0 }

    private inline fun sumOf(bytes: (LedgerEntry) -> Long): Long = synchronized(lock) {
        var sum = 0L
        var entry = newest
        while (entry != null) {
            sum += bytes(entry)
            entry = entry.older
        }
        sum
    }

    /** Refuses when the scope has ended. */
    fun requireOpen() {
        if (synchronized(lock) { closed }) throw closed()
    }

    /** Ends all, the newest first, and throws the first failure with the others attached. */
    fun end() {
        endAll(null)?.let { throw it }
    }

    /** Ends all after [failure], and returns it with the failures of ending attached. */
    fun endAfter(failure: Throwable): Throwable = endAll(failure) ?: failure

    /** The scope, and whose it is, as messages name it. */
    fun describe(): String =
        (if (name == null) "a memory scope" else "memory scope '$name'") + " of ${Renter.describe(context)}"

    // A deferred action may still use the scope; what it rents is on top, and so ends next.
    private fun endAll(failure: Throwable?): Throwable? {
        var first = failure
        while (true) {
            val entry = takeNewest() ?: return first
            val lease = taken
            val refusal = if (entry is DeferredAction) failureOf(entry) else lease?.endFor(::describe) {}
            if (refusal != null) first = firstFailure(first, refusal)
        }
    }

    private fun failureOf(deferred: DeferredAction): Throwable? = try {
        deferred.action()
        null
    } catch (failure: Throwable) {
        failure
    }

    // With its lease in `taken`: this allocates nothing.
    private fun takeNewest(): LedgerEntry? = synchronized(lock) {
        val entry = newest
        taken = entry?.lease
        if (entry == null) {
            closed = true
        } else {
            entry.ending = true
            unlink(entry)
        }
        entry
    }

    /** Drops closed leases that keep no books; runs whenever there are twice as many as were kept. */
    private fun sweep() {
        plain = 0
        var entry = newest
        while (entry != null) {
            val older = entry.older
            if (entry is PlainEntry) {
                if (entry.lease?.isClosed == true) unlink(entry) else plain++
            }
            entry = older
        }
        sweepAt = maxOf(FEWEST_TO_SWEEP, 2 * plain)
    }

    private fun unlink(entry: LedgerEntry) {
        val newer = entry.newer
        val older = entry.older
        if (newer == null) newest = older else newer.older = older
        older?.newer = newer
        entry.newer = null
        entry.older = null
        entry.lease = null
        // Last: from here on another ledger may own these fields.
        entry.leave()
    }

    private fun closed(): ScopeClosedException =
        scopeClosed("${describe()} has ended; rent while its body or its children run, or open another one")

    private companion object {
        const val FEWEST_TO_SWEEP = 64
    }
}
