package dev.leasehold.memory.coroutines.internal.own

import dev.leasehold.memory.SharedLease
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater

/**
 * What a scope has to end: a link in its [LeaseLedger], which owns these fields.
 *
 * An entry can move to another ledger while a thread that closes its lease still refers to the one before. So it says
 * itself which ledger it is in, and only that one touches its links: each ledger under its own lock.
 */
internal abstract class LedgerEntry {
    @JvmField
    var newer: LedgerEntry? = null

    @JvmField
    var older: LedgerEntry? = null

    /** The ledger that holds this. Becomes a ledger by [claim], under that one's lock, and null again under it. */
    @Volatile
    var holder: LeaseLedger? = null
        private set

    /** Whether the scope that held this has taken it to end it. */
    @Volatile
    @JvmField
    var ending: Boolean = false

    /** The lease that ends with the scope, while the ledger holds this. */
    @JvmField
    var lease: SharedLease? = null

    /** Lets [ledger] hold this; false when another does. */
    fun claim(ledger: LeaseLedger): Boolean = HOLDER.compareAndSet(this, null, ledger)

    /** Is in no ledger. */
    fun leave() {
        holder = null
    }

    private companion object {
        @JvmField
        val HOLDER: AtomicReferenceFieldUpdater<LedgerEntry, LeaseLedger> =
            AtomicReferenceFieldUpdater.newUpdater(LedgerEntry::class.java, LeaseLedger::class.java, "holder")
    }
}

/** A lease that keeps no books, moved to a scope, which finds that it was closed at the latest at its end. */
internal class PlainEntry : LedgerEntry()

/** An action that runs when the scope ends. */
internal class DeferredAction(val action: () -> Unit) : LedgerEntry()
