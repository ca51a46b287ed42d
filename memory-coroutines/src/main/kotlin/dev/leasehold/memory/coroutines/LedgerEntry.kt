package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease

/** What a scope has to end: a link in its [LeaseLedger], which owns these fields. */
internal abstract class LedgerEntry {
    @JvmField
    var newer: LedgerEntry? = null

    @JvmField
    var older: LedgerEntry? = null

    /** Whether the ledger holds this. */
    @JvmField
    var linked: Boolean = false

    /** The lease that ends with the scope, while the ledger holds this. */
    @JvmField
    var lease: SharedLease? = null
}

/** A lease that keeps no books, moved to a scope: the scope learns only at its end that it was closed before. */
internal class PlainEntry : LedgerEntry()

/** An action that runs when the scope ends. */
internal class DeferredAction(val action: () -> Unit) : LedgerEntry()
