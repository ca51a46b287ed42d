package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.lend.Leasing
import dev.leasehold.memory.coroutines.internal.own.bound
import dev.leasehold.memory.coroutines.internal.own.requireActive
import kotlinx.coroutines.Job
import kotlin.time.Duration

// Top-level, as `rent` of a pool is, and for the same reason: inside of a memory scope the scope's own extension of
// that name comes first, and what is rented there belongs to the scope. Every form has the ownership, threads, zeroing,
// cost and exceptions of `rent`, but for what its own description says.

/**
 * Rents [size] bytes that any thread may use. Suspends while the pool's bytes are out, first come, first served.
 *
 * **Ownership.** The caller owns it and closes it: put `use` right behind it. Prefer [withLease], or a [memoryScope]:
 * what is rented inside of a `withTimeout` and is on its way out when the timeout strikes is dropped by that, and not
 * only here. Therefore this has a form with a timeout of its own.
 * **Threads.** Any may use and close the lease.
 * **Zeroed.** Only when the pool's hygiene says so.
 * **Cost.** As [withLease], and a few objects.
 *
 * @throws dev.leasehold.memory.InvalidSizeException when [size] is negative, or above the capacity or what the pool can
 *   ever hold
 * @throws RentDeadlockException when it waits for bytes that the scopes around it hold
 * @throws TooManyWaitersException when as many wait as may
 * @throws dev.leasehold.memory.PoolClosedException when this is closed, also while it waits, or the pool below is when
 *   its turn comes
 * @throws dev.leasehold.memory.MemoryExhaustedException when the system refuses memory
 */
public suspend fun SuspendingPool.rent(size: Long): SharedLease = Leasing.rent(lender, size, null)

/** [rent] of the default size of the pool below. */
public suspend fun SuspendingPool.rent(): SharedLease = rent(pool.defaultSize)

/**
 * [rent] that waits at most [timeout]. The timeout loses nothing, whenever it strikes. Costs a few objects more.
 *
 * @throws dev.leasehold.memory.RentTimeoutException when [timeout] passed first; nothing was taken
 * @throws dev.leasehold.memory.InvalidTimeoutException when [timeout] is not positive
 */
public suspend fun SuspendingPool.rent(size: Long, timeout: Duration): SharedLease =
    Leasing.rent(lender, size, timeout, null)

/**
 * [rent] that waits at most [timeout], and returns null when that passed first. Costs a few objects more.
 *
 * @throws dev.leasehold.memory.InvalidTimeoutException when [timeout] is not positive
 */
public suspend fun SuspendingPool.rentOrNull(size: Long, timeout: Duration): SharedLease? =
    Leasing.rentOrNull(lender, size, timeout, null)

/**
 * [rent] of a lease that belongs to [job]: it is closed when [job] completes, whether by success, failure or
 * cancellation, if it was not closed before.
 *
 * **Ownership.** The job's; [move] takes it away from it. When [job] completes while this waits, the lease comes
 * closed. It is closed as [Job.invokeOnCompletion] calls handlers: a [join][Job.join] of the job on another thread may
 * return a moment before.
 * **Cost.** As [rent], and a handler of the job until the lease ends.
 *
 * @throws IllegalStateException when [job] has completed; nothing was taken
 */
public suspend fun SuspendingPool.leaseIn(job: Job, size: Long): SharedLease {
    requireActive(job)
    return rent(size).bound(job)
}

/**
 * Rents one lease of each of [sizes], in one request of their sum: either all are granted, or none is held while it
 * waits. So two coroutines that need several each cannot hold what the other waits for.
 *
 * **Ownership.** The caller owns them and closes them, one by one or together:
 * `rentAll(a, b).use { (first, second) -> … }`.
 * **Cost.** One wait, and as many rents as there are [sizes].
 *
 * @throws dev.leasehold.memory.InvalidSizeException when a size is negative or above what the pool can ever hold, or
 *   their sum is above the capacity
 */
public suspend fun SuspendingPool.rentAll(vararg sizes: Long): Leases =
    leasesOf(sizes) { Leasing.rentAll(lender, sizes, null, it) }
