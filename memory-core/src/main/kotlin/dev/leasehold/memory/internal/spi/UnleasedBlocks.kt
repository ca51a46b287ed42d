@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease

// Blocks without a lease, for an object of another library that is the tenure itself: it counts its references, any
// thread may end it, and a lease beside it would be a second object that does the same. The pool's figures count such a
// block as leased.

/**
 * Takes a block of [size] bytes, to be given back by [giveBlockBack] or to be leased by [leaseBlock]. Nothing that can
 * throw may follow before it is kept.
 *
 * @return its address; 0 when none is at hand, or when the pool does something for each lease: rent it then
 */
@InternalMemoryApi
public fun MemoryPool.takeBlock(size: Long): Long = takeUnleased(size)

/** Gives back what [takeBlock] returned for [size]. When this throws, nothing has come back. */
@InternalMemoryApi
public fun MemoryPool.giveBlockBack(address: Long, size: Long): Unit = giveBackUnleased(address, size)

/** The lease of what [takeBlock] returned for [size]. When this throws, the block still has none. */
@InternalMemoryApi
public fun MemoryPool.leaseBlock(address: Long, size: Long): SharedLease = leaseUnleased(address, size)
