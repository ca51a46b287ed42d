@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory

import dev.leasehold.memory.internal.block.BlockHome
import dev.leasehold.memory.internal.block.LeaseTrace
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseOwner
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment

/**
 * A lease that somebody else closes when nobody closed it before.
 *
 * It is a class of its own, and not fields of [Lease] that are usually null, so that what owners need costs the others nothing.
 */
@InternalMemoryApi
public class LeaseWithOwner internal constructor(
    home: BlockHome,
    raw: MemorySegment,
    arena: Arena?,
    code: Int,
    thread: Thread,
    trace: LeaseTrace?,
    private val owner: LeaseOwner,
    private val ownerName: String?,
) : Lease(home, raw, arena, code, thread, trace) {
    /** The next older lease of the same owner; owners chain their leases through this. */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var older: LeaseWithOwner? = null

    @JvmSynthetic
    override fun describeOwner(): String = owner.describe(ownerName)
}
