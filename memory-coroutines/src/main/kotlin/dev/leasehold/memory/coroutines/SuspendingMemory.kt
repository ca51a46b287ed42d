@file:JvmName("SuspendingMemory")

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.lend.BlockingRent
import dev.leasehold.memory.coroutines.internal.lend.FutureRent
import dev.leasehold.memory.coroutines.internal.lend.Leasing
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

// The verbs of a suspending pool for code that does not suspend: from Java they are
// `SuspendingMemory.rentBlocking(pool, n, timeout)`. Threads and futures wait in the same line as coroutines.

/**
 * Rents [size] bytes that any thread may use, or returns null when that would have to wait: for bytes, behind others,
 * or for the pool below.
 *
 * While another thread hands out what has just come back, this may return null a moment too early; it never overtakes.
 *
 * **Ownership.** The caller owns it and closes it.
 * **Threads.** Any may call this, and use and close the lease.
 * **Zeroed.** Only when the pool's hygiene says so.
 * **Cost.** As a `rentShared`, and two small objects.
 *
 * @throws dev.leasehold.memory.InvalidSizeException when [size] is negative, or above the capacity or what the pool can
 *   ever hold
 * @throws dev.leasehold.memory.PoolClosedException when this or the pool below is closed
 */
public fun SuspendingPool.tryRent(size: Long): SharedLease? = Leasing.tryRent(lender, size, null)

/**
 * Rents [size] bytes for code that blocks. While the pool's bytes are out the thread parks, first come, first served,
 * in one line with coroutines and futures; a virtual thread frees its carrier.
 *
 * **Ownership.** The caller owns it and closes it. An interrupt and a timeout lose nothing, whenever they come.
 * **Threads.** Any may call this, and use and close the lease. In a coroutine use `rent`.
 * **Zeroed.** Only when the pool's hygiene says so.
 * **Cost.** While bytes are free, as a `rentShared` and two small objects; otherwise one park.
 *
 * Throws what [rent] does, except for a deadlock, and:
 *
 * @throws dev.leasehold.memory.RentTimeoutException when [timeout] passed first; nothing was taken
 * @throws InterruptedException when the thread was interrupted while it waited; nothing was taken
 * @throws dev.leasehold.memory.InvalidTimeoutException when [timeout] is not positive
 */
@JvmSynthetic
@Throws(InterruptedException::class)
public fun SuspendingPool.rentBlocking(size: Long, timeout: Duration): SharedLease =
    BlockingRent(lender, size, timeout.inWholeNanoseconds).rent()

/** [rentBlocking] for Java, with its ownership, cost and exceptions. Put the lease into a `try (…)`. */
@Throws(InterruptedException::class)
public fun SuspendingPool.rentBlocking(size: Long, timeout: JavaDuration): SharedLease =
    rentBlocking(size, timeout.toKotlinDuration())

/**
 * Rents [size] bytes without blocking: the future completes when they have come free, first come, first served, in one
 * line with coroutines and threads.
 *
 * **Ownership.** The lease that the future completes with belongs to the code that receives it, and is closed there. A
 * completion before that, by `cancel`, `orTimeout` or in another way, takes the request out of the line at once; bytes
 * that were on their way go back. A future that depends on this one (`thenApply`, `copy`) does not pass a cancellation
 * on to it: cancel this one.
 * **Threads.** Any may call this, which does not block, and use and close the lease. A future that had to wait is
 * completed on a virtual thread of its own; there its dependents run, if they name no executor, and may block. They
 * never run on the thread that closed a lease.
 * **Zeroed.** Only when the pool's hygiene says so.
 * **Cost.** While bytes are free, as a `rentShared` and a few objects; the future is complete. Otherwise a virtual
 * thread.
 *
 * @return a future of the lease; or of what a wait can meet: a [TooManyWaitersException] when as many wait as may, a
 *   [PoolClosedException][dev.leasehold.memory.PoolClosedException] when this or the pool below is closed or gets
 *   closed, a [MemoryExhaustedException][dev.leasehold.memory.MemoryExhaustedException] when the system refuses memory
 * @throws dev.leasehold.memory.InvalidSizeException at once, and not by the future, when [size] is negative, or above
 *   the capacity or what the pool can ever hold: no wait could help
 */
public fun SuspendingPool.rentAsync(size: Long): CompletableFuture<SharedLease> = FutureRent.rent(lender, size)
