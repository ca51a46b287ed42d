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

@PublishedApi
internal class LeaseEntry(private val lease: Lease) : ScopeEntry() {
    override val isOver: Boolean get() = lease.isClosed

    override fun end(): Unit = lease.close()
}
