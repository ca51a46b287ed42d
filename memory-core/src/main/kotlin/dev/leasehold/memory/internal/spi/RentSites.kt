@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.internal.block.Site
import dev.leasehold.memory.internal.block.WrittenLines

/**
 * The line of the program that asked for a lease. What asks and then waits may be served on another thread, whose stack
 * knows nothing of it: so the line is taken down before.
 */
@InternalMemoryApi
public class RentSite internal constructor(internal val site: Site) {
    /** The line, for logs. */
    override fun toString(): String = site.toString()
}

/** The line of the program that is calling the library now; null when what it asks for is not watched. */
@InternalMemoryApi
public fun MemoryPool.rentSite(): RentSite? =
    if (traceSites || engine.state.traces.draw()) RentSite(Site.ofCaller()) else null

/** The line that was written for the [line] of [type], which may be one of inlined code. */
@InternalMemoryApi
public fun writtenLine(type: Class<*>, line: Int): Int = WrittenLines.of(type, line)
