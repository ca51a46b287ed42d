@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.platform.Platform

// Views that nothing cuts off, for an owner of leases that counts who uses the bytes, and closes after the last.

/** All that the process can address, by its address; null where no view can be made of an address. */
@InternalMemoryApi
public fun allMemory(): Segment? {
    val platform = Platform.current
    return if (platform.bindsViews) Segment.of(platform.view(0, Long.MAX_VALUE, null)) else null
}

/** The bytes of the lease. Not to be used after its close: nothing would refuse. */
@InternalMemoryApi
public fun SharedLease.boundlessView(): Segment = Segment.of(viewIn(null))
