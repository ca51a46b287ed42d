@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.checkAlignment
import dev.leasehold.memory.checkTimeout
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.newArena
import java.lang.foreign.Arena
import kotlin.time.Duration

// Renting for an owner that closes what its holder did not close. The same verbs as in Memory.kt, with the same
// refusals.

// Renting in parts, which must follow one another at once, on one thread: what may find the heap full comes before the
// block, which would be lost then. The compiler inlines each of several methods of middle size where it refuses one
// that is large (InlineSmallCode), and only what is inlined is free of garbage.

/** The first part of renting for an owner: what ends the views, or null where nothing does. */
@InternalMemoryApi
public fun freshBounds(): AutoCloseable? = newArena()

/** The second: what the lease remembers of [owner], which is called [name]. */
@InternalMemoryApi
public fun ownedBy(owner: LeaseOwner, name: String?): OwnedLease = OwnerAttachment(owner, name)

/** The third: a block of [size] bytes, or 0 when none is at hand. */
@InternalMemoryApi
public fun MemoryPool.takeFor(size: Long): Long = takeAtHand(size)

/** The last: the lease, of [size] bytes of the block at [address], or of one taken now. */
@InternalMemoryApi
public fun MemoryPool.leaseFor(address: Long, bounds: AutoCloseable?, owned: OwnedLease, size: Long): Lease =
    leaseTaken(address, bounds as Arena?, size, owned as OwnerAttachment)

/** Rents for [owner]: at a multiple of [alignment] if that is given, and waiting up to [timeout] if that is. */
@InternalMemoryApi
public fun MemoryPool.rentFor(
    owner: LeaseOwner,
    size: Long,
    alignment: Long? = null,
    timeout: Duration? = null,
): Lease = rentOrThrow(request(owner, size, alignment, timeout))

/** Rents for [owner]; null when the limit stops it. */
@InternalMemoryApi
public fun MemoryPool.tryRentFor(owner: LeaseOwner, size: Long): Lease? = lease(request(owner, size, null, null))

/** [rentFor] for any thread. */
@InternalMemoryApi
public fun MemoryPool.rentSharedFor(
    owner: LeaseOwner,
    size: Long,
    alignment: Long? = null,
    timeout: Duration? = null,
): SharedLease = rentSharedOrThrow(request(owner, size, alignment, timeout))

/** [tryRentFor] for any thread. */
@InternalMemoryApi
public fun MemoryPool.tryRentSharedFor(owner: LeaseOwner, size: Long): SharedLease? =
    sharedLease(request(owner, size, null, null))

@OptIn(InternalMemoryApi::class)
private fun request(owner: LeaseOwner, size: Long, alignment: Long?, timeout: Duration?) = Request(
    size,
    if (alignment == null) Request.NATURAL else checkAlignment(alignment),
    if (timeout == null) 0 else checkTimeout(timeout.inWholeNanoseconds),
    OwnerAttachment(owner, null),
)

/** What keeps books on the lease, if anything does. */
@InternalMemoryApi
public fun SharedLease.keeper(): LeaseKeeper? = (attachment as? OwnerAttachment)?.owner as? LeaseKeeper

/** How many bytes the lease's block has, with which the pool's figures count it while the lease is open. */
@InternalMemoryApi
public fun SharedLease.bytesOfBlock(): Long = blockBytes

/** Who holds the pool's memory, as far as that is watched, as the end of a message. */
@InternalMemoryApi
public fun MemoryPool.heldBy(): String = namedHolders()

/** Whether the pool remembers where its leases were rented. */
@InternalMemoryApi
public fun MemoryPool.tracesSites(): Boolean = traceSites

/** Refuses a [size] that no rent of this pool can ever have, before any code waits for it. */
@InternalMemoryApi
public fun MemoryPool.requirePossible(size: Long): Unit = check(Request(size))

/** Refuses when the lease has ended. */
@InternalMemoryApi
public fun SharedLease.requireOpen() {
    if (isClosed) refuseClosed("used")
}
