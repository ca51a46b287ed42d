package dev.leasehold.memory.coroutines

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.rentShared
import kotlin.contracts.ExperimentalContracts
import kotlin.contracts.InvocationKind
import kotlin.contracts.contract
import kotlin.time.Duration

/**
 * Runs [block] with a lease of [size] bytes that any thread may use, and closes it on every way out: success, failure
 * and cancellation.
 *
 * **Ownership.** The lease belongs to this call. It must not be used after [block] has ended.
 * **Threads.** Any: [block] may suspend and go on elsewhere.
 * **Zeroed.** Not, unless the pool's hygiene says so.
 * **Cost.** One `rentShared` and one close. It does not wait for memory: when the pool's limit stops it, it throws;
 * over a [SuspendingPool] it waits.
 *
 * @throws dev.leasehold.memory.InvalidSizeException when [size] is negative or above what the pool can ever hold
 * @throws dev.leasehold.memory.MemoryExhaustedException when the pool's limit or the system stops it
 * @throws dev.leasehold.memory.PoolClosedException when the pool is closed
 * @throws dev.leasehold.memory.MemoryBusyException when [block] returned and the lease could not be closed, because a
 *   native call or an input/output operation is still using it; it is closed as soon as that ends
 */
@OptIn(ExperimentalContracts::class)
public suspend inline fun <R> MemoryPool.withLease(size: Long, block: suspend (SharedLease) -> R): R {
    contract { callsInPlace(block, InvocationKind.EXACTLY_ONCE) }
    val lease = rentShared(size)
    var failure: Throwable? = null
    try {
        return block(lease)
    } catch (thrown: Throwable) {
        failure = thrown
        throw thrown
    } finally {
        lease.endWithLease(failure)
    }
}

/**
 * Runs [block] with a lease of [size] bytes that any thread may use, and closes it on every way out: success, failure
 * and cancellation. Suspends while the pool's bytes are out, first come, first served.
 *
 * **Ownership.** The lease belongs to this call: it must not be used after [block] has ended, and cannot be
 * [moved][move] out. Cancellation loses nothing, at whatever moment it comes.
 * **Threads.** Any: [block] may suspend and go on elsewhere.
 * **Zeroed.** Not, unless the pool's hygiene says so.
 * **Cost.** While bytes are free, one compare-and-set and one atomic addition more than a `rentShared` and its close,
 * and no garbage. Otherwise a few objects, and one dispatch.
 * **Cancellation.** A wait ends promptly when the coroutine is cancelled; the way that does not wait does not look.
 *
 * A [block] that waits for more of the same pool may wait for itself: see [rentAll] for several at once, and
 * [memoryScope], which notices. This notices only where the pool traces sites, and when the same coroutine waits.
 *
 * Throws what [rent] does, and:
 *
 * @throws dev.leasehold.memory.MemoryBusyException when [block] returned and the lease could not be closed, because a
 *   native call or an input/output operation is still using it; it is closed as soon as that ends
 */
@OptIn(ExperimentalContracts::class)
public suspend inline fun <R> SuspendingPool.withLease(size: Long, block: suspend (SharedLease) -> R): R {
    contract { callsInPlace(block, InvocationKind.EXACTLY_ONCE) }
    if (!tryTake(size)) take(size)
    val lease = try {
        try {
            if (plain) leaseNow(size) else leaseTraced(size)
        } catch (refusal: MemoryExhaustedException) {
            leaseInTurn(size, refusal)
        }
    } catch (failure: Throwable) {
        giveBack(size)
        throw failure
    }
    var failure: Throwable? = null
    try {
        return block(lease)
    } catch (thrown: Throwable) {
        failure = thrown
        throw thrown
    } finally {
        endLease(lease, size, failure)
    }
}

/**
 * [withLease] that waits at most [timeout] for its lease; [block] itself may take as long as it likes.
 *
 * **Cost.** As the form without a timeout, and a few objects.
 *
 * @throws dev.leasehold.memory.RentTimeoutException when [timeout] passed first; [block] has not begun, and nothing was
 *   taken
 * @throws dev.leasehold.memory.InvalidTimeoutException when [timeout] is not positive
 */
@OptIn(ExperimentalContracts::class)
public suspend inline fun <R> SuspendingPool.withLease(
    size: Long,
    timeout: Duration,
    block: suspend (SharedLease) -> R,
): R {
    contract { callsInPlace(block, InvocationKind.EXACTLY_ONCE) }
    val lease = leaseWithin(size, timeout)
    var failure: Throwable? = null
    try {
        return block(lease)
    } catch (thrown: Throwable) {
        failure = thrown
        throw thrown
    } finally {
        endLease(lease, failure)
    }
}
