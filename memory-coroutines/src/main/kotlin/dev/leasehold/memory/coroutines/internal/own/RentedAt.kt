@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.own

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.RentSite
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext

/**
 * The line that asked for a lease, beside the coroutine or thread that did: in the context that a [Grant] keeps for
 * messages, so that only a rent of a pool that traces sites pays for it. No coroutine runs in that context.
 */
internal class RentedAt private constructor(val site: RentSite) : AbstractCoroutineContextElement(Key) {
    companion object Key : CoroutineContext.Key<RentedAt> {
        /** [context], and the [site] if there is one. */
        fun of(context: CoroutineContext, site: RentSite?): CoroutineContext =
            if (site == null) context else context + RentedAt(site)
    }
}

/** The line that this context's rent was asked for on, where that is traced. */
internal val CoroutineContext.rentSite: RentSite? get() = get(RentedAt)?.site
