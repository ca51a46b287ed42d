@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.dsl

import dev.leasehold.memory.Lease
import dev.leasehold.memory.internal.spi.InternalMemoryApi

/** What a scope ends. */
@PublishedApi
internal abstract class ScopeEntry internal constructor() {
    /** The next older entry of the same scope. */
    @JvmField
    var older: ScopeEntry? = null

    /** Whether it has ended already, and need not be kept. */
    abstract val isOver: Boolean

    /** Whether its end may still carve memory of the scope. */
    open val carves: Boolean get() = false

    abstract fun end()
}

/** Made before its lease is rented, so that a rented lease always has an owner. */
@PublishedApi
internal class LeaseEntry @PublishedApi internal constructor() : ScopeEntry() {
    @JvmField
    internal var lease: Lease? = null

    override val isOver: Boolean get() = lease?.isClosed ?: true

    override fun end() {
        lease?.close()
    }
}
