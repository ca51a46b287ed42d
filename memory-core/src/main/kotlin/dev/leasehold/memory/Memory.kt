@file:JvmName("Memory")

package dev.leasehold.memory

import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.manager.BlockMessages
import java.lang.foreign.MemoryLayout
import java.lang.foreign.MemorySegment
import java.util.function.Function
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

// The verbs of renting, as extensions: from Java they are `Memory.rent(pool, n)`, and inside a memory scope the
// scope's own `rent` takes precedence over these, so that the same words rent for the scope there. A member of
// MemoryPool would win over both.

/**
 * Rents [size] bytes for the calling thread, from 0 to beyond 2 GiB.
 *
 * **Ownership.** The caller closes the lease; then the block goes back and every view of it throws.
 * **Threads.** The lease and its views belong to the calling thread.
 * **Zeroed.** Not, unless the pool's [Hygiene] says so: the bytes are what the block's last user left.
 * **Cost.** A few nanoseconds and no garbage when the thread's cache has a block and the lease stays in this method.
 *
 * @throws InvalidSizeException when [size] is negative or above what the pool can ever hold
 * @throws MemoryExhaustedException when the pool's limit or the system stops it
 * @throws PoolClosedException when the pool is closed
 */
public fun MemoryPool.rent(size: Long): Lease = rentLease(size)

/** [rent] of the pool's [default size][MemoryPool.defaultSize]. */
public fun MemoryPool.rent(): Lease = rentLease(defaultSize)

/**
 * [rent] at an address that is a multiple of [alignment]. Without one, blocks of 64 bytes and up lie at multiples of
 * 64, smaller ones at multiples of 16. Throws what [rent] does, and:
 *
 * @throws InvalidAlignmentException when [alignment] is no power of two between 1 and the page size
 */
public fun MemoryPool.rent(size: Long, alignment: Long): Lease = rentOrThrow(Request(size, checkAlignment(alignment)))

/**
 * [rent] that waits up to [timeout] for memory to come back when the limit stops it. Requests are served first come,
 * first served; while any waits, no later request overtakes it.
 *
 * **Cost.** As [rent] when memory is there; else the thread parks (a virtual thread frees its carrier).
 *
 * @throws RentTimeoutException when [timeout] passed first
 * @throws InterruptedException when the thread was interrupted while it waited; nothing is lost
 * @throws InvalidTimeoutException when [timeout] is not positive
 * @throws InvalidSizeException when [size] is negative or above what the pool can ever hold
 * @throws PoolClosedException when the pool is closed, or gets closed while this waits
 */
@JvmSynthetic
@Throws(InterruptedException::class)
public fun MemoryPool.rent(size: Long, timeout: Duration): Lease =
    rentOrThrow(Request(size, nanos = checkTimeout(timeout.inWholeNanoseconds)))

/** [rent] that waits up to [timeout], for Java: as the one for Kotlin. */
@Throws(InterruptedException::class)
public fun MemoryPool.rent(size: Long, timeout: JavaDuration): Lease = rent(size, timeout.toKotlinDuration())

/**
 * [rent], or null when the pool's limit stops it.
 *
 * @throws InvalidSizeException when [size] is negative or above what the pool can ever hold
 * @throws PoolClosedException when the pool is closed
 */
public fun MemoryPool.tryRent(size: Long): Lease? = lease(Request(size))

/**
 * Rents [size] bytes for any thread: the lease may be handed over, used and closed anywhere.
 *
 * **Ownership.** The holder of the lease closes it; racing closes give the block back once.
 * **Threads.** Any. Handing the lease over safely publishes the bytes written before.
 * **Zeroed.** Not, unless the pool's [Hygiene] says so.
 * **Cost.** A few nanoseconds, and one object of 64 bytes where the lease leaves the calling method; see
 * [MemoryHolder] for what its views cost.
 *
 * @throws InvalidSizeException when [size] is negative or above what the pool can ever hold
 * @throws MemoryExhaustedException when the pool's limit or the system stops it
 * @throws PoolClosedException when the pool is closed
 */
public fun MemoryPool.rentShared(size: Long): SharedLease = rentSharedLease(size)

/** [rentShared] of the pool's [default size][MemoryPool.defaultSize]. */
public fun MemoryPool.rentShared(): SharedLease = rentSharedLease(defaultSize)

/** [rentShared] at an address that is a multiple of [alignment]: as [rent] with one. */
public fun MemoryPool.rentShared(size: Long, alignment: Long): SharedLease =
    rentSharedOrThrow(Request(size, checkAlignment(alignment)))

/** [rentShared] that waits up to [timeout] for memory to come back: as [rent] does. */
@JvmSynthetic
@Throws(InterruptedException::class)
public fun MemoryPool.rentShared(size: Long, timeout: Duration): SharedLease =
    rentSharedOrThrow(Request(size, nanos = checkTimeout(timeout.inWholeNanoseconds)))

/** [rentShared] that waits up to [timeout], for Java: as [rent] does. */
@Throws(InterruptedException::class)
public fun MemoryPool.rentShared(size: Long, timeout: JavaDuration): SharedLease =
    rentShared(size, timeout.toKotlinDuration())

/** [rentShared], or null when the pool's limit stops it: as [tryRent]. */
public fun MemoryPool.tryRentShared(size: Long): SharedLease? = sharedLease(Request(size))

/**
 * [MemoryHolder.withSegment] for Java: lets [action] use the bytes on this thread, holds the memory meanwhile, and cuts
 * every view off when it returns.
 *
 * @throws MemoryClosedException when it has been closed
 */
public fun <R> MemoryHolder.withMemorySegment(action: Function<in MemorySegment, out R>): R =
    withSegment { action.apply(it.asMemorySegment()) }

/**
 * Allocates a block for [count] elements of [layout], one behind the other, at a multiple of the layout's alignment and
 * with its trailing padding.
 *
 * **Ownership, threads, cost.** As [MemoryManager.allocate]. **Zeroed.** Not.
 *
 * @throws InvalidSizeException when [count] is negative, or the bytes are more than [MemoryManager.maxAllocation]
 * @throws InvalidAlignmentException when the layout's alignment is above the page size
 * @throws MemoryExhaustedException when a limit or the system stops it
 * @throws ManagerClosedException when the manager is closed
 */
@JvmOverloads
public fun MemoryManager.allocate(layout: MemoryLayout, count: Long = 1): Block {
    // An array's stride: each element begins at a multiple of the alignment.
    val alignment = layout.byteAlignment()
    val stride = Math.addExact(layout.byteSize(), alignment - 1) and -alignment
    val bytes = if (count < 0) -1 else Math.multiplyHigh(stride, count).let { if (it != 0L) -1 else stride * count }
    if (bytes < 0) throw InvalidSizeException(BlockMessages.layout(owner, layout.toString(), stride, count), bytes)
    return allocate(bytes, alignment)
}
