@file:JvmSynthetic
@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory

import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseKeeper
import dev.leasehold.memory.internal.spi.LeaseOwner
import java.lang.foreign.Arena
import kotlin.time.Duration

// Renting for an owner that closes what nobody closed before. One word for each of the verbs in Memory.kt, with the same refusals.

// Renting in three parts, which must follow one another at once, on one thread. The compiler inlines each of several methods of
// middle size where it refuses one that is large (InlineSmallCode), and only what is inlined is free of garbage.

/** The first part of renting for an owner: a block of [size] bytes, or 0 when none is at hand. */
@InternalMemoryApi
public fun MemoryPool.takeFor(size: Long): Long = takeAtHand(size)

/** The second part: what ends the views, or null where nothing does. */
@InternalMemoryApi
public fun freshBounds(): AutoCloseable? = if (Platform.current.bindsViews) Arena.ofConfined() else null

/**
 * The third part: the lease, for [owner] that is called [ownerName], of [size] bytes of the block at [address], or of one taken
 * now.
 */
@InternalMemoryApi
public fun MemoryPool.leaseFor(
    address: Long,
    bounds: AutoCloseable?,
    owner: LeaseOwner,
    ownerName: String?,
    size: Long,
): LeaseWithOwner = leaseTaken(address, bounds as Arena?, size, owner, ownerName)

/** Rents for [owner], at a multiple of [alignment]. Here and below the owner knows its name itself. */
@InternalMemoryApi
public fun MemoryPool.rentFor(owner: LeaseOwner, size: Long, alignment: Long): LeaseWithOwner =
    rentAlignedLease(size, checkAlignment(alignment), owner) as LeaseWithOwner

/** Rents for [owner], waiting up to [timeout]. */
@InternalMemoryApi
public fun MemoryPool.rentFor(owner: LeaseOwner, size: Long, timeout: Duration): LeaseWithOwner =
    rentLeaseWithin(size, NATURAL, checkTimeout(timeout.inWholeNanoseconds), owner) as LeaseWithOwner

/** Rents for [owner], or answers null when the limit stops it. */
@InternalMemoryApi
public fun MemoryPool.tryRentFor(owner: LeaseOwner, size: Long): LeaseWithOwner? =
    tryRentLease(size, NATURAL, owner) as LeaseWithOwner?

/** Rents for [owner], for any thread, at the size's natural alignment. */
@InternalMemoryApi
public fun MemoryPool.rentSharedFor(owner: LeaseOwner, size: Long): SharedLease = rentSharedLease(size, owner)

/** Rents for [owner], for any thread, at a multiple of [alignment]. */
@InternalMemoryApi
public fun MemoryPool.rentSharedFor(owner: LeaseOwner, size: Long, alignment: Long): SharedLease =
    rentAlignedSharedLease(size, checkAlignment(alignment), owner)

/** Rents for [owner], for any thread, waiting up to [timeout]. */
@InternalMemoryApi
public fun MemoryPool.rentSharedFor(owner: LeaseOwner, size: Long, timeout: Duration): SharedLease =
    rentSharedLeaseWithin(size, NATURAL, checkTimeout(timeout.inWholeNanoseconds), owner)

/** Rents for [owner], for any thread, or answers null when the limit stops it. */
@InternalMemoryApi
public fun MemoryPool.tryRentSharedFor(owner: LeaseOwner, size: Long): SharedLease? =
    tryRentSharedLease(size, NATURAL, owner)

/** Who keeps books on the lease, if anybody does. */
@InternalMemoryApi
public fun SharedLease.keeper(): LeaseKeeper? = leaseOwner as? LeaseKeeper

/** How many bytes the lease's block has, with which the pool's figures count it while the lease is open. */
@InternalMemoryApi
public fun SharedLease.bytesOfBlock(): Long = blockBytes

/** Whether the pool remembers where its leases were rented. */
@InternalMemoryApi
public fun MemoryPool.tracesSites(): Boolean = traceSites

/** Refuses a [size] that no rent of this pool can ever have, before anybody waits for it. */
@InternalMemoryApi
public fun MemoryPool.requirePossible(size: Long): Unit = checkSize(size)

/** See [LeasePin]. */
@InternalMemoryApi
public fun SharedLease.pin(offset: Long, length: Long): LeasePin = pinned(offset, length)
