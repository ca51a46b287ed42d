package dev.leasehold.memory.netty.internal

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeasePin
import dev.leasehold.memory.internal.spi.closeFor
import java.lang.foreign.MemorySegment

/**
 * A lease that a buffer stands on.
 *
 * @property view what the bytes are reached by where all memory is not
 * @property pin what holds the memory of a lease that others know, and may close
 */
@OptIn(InternalMemoryApi::class)
internal class HeldLease(val lease: SharedLease, val view: MemorySegment?, val pin: LeasePin?) {
    /** Closes the lease. No reference is left that could be released again, so what refuses is closed later. */
    fun giveBack(allocator: PoolByteBufAllocator) {
        lease.closeFor { "a buffer of $allocator" }
        pin?.close()
    }
}
