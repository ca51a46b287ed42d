@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.dsl

import dev.leasehold.memory.Lease
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi

/** What a scope ends. */
@PublishedApi
internal sealed class ScopeEntry {
    /** The next older entry of the same scope. */
    @JvmField
    var older: ScopeEntry? = null

    /** Whether it has ended already, and need not be kept. */
    abstract val isOver: Boolean

    abstract fun end()
}

@PublishedApi
internal class LeaseEntry(private val lease: Lease) : ScopeEntry() {
    override val isOver: Boolean get() = lease.isClosed

    override fun end(): Unit = lease.close()
}

internal class DeferredEntry(private val action: () -> Unit) : ScopeEntry() {
    override val isOver: Boolean get() = false

    override fun end(): Unit = action()
}

/** Made before its lease is rented, so that a rented lease always has an owner. */
internal class SharedLeaseEntry : ScopeEntry() {
    var lease: SharedLease? = null

    override val isOver: Boolean get() = lease?.isClosed ?: true

    override fun end() {
        lease?.close()
    }
}
