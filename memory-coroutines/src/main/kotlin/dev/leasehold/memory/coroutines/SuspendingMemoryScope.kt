package dev.leasehold.memory.coroutines

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.lend.Leasing
import dev.leasehold.memory.coroutines.internal.own.DeferredAction
import dev.leasehold.memory.coroutines.internal.own.DeferredClose
import dev.leasehold.memory.coroutines.internal.own.LeaseLedger
import dev.leasehold.memory.coroutines.internal.own.bound
import dev.leasehold.memory.coroutines.internal.own.requireActive
import dev.leasehold.memory.dsl.MemoryDsl
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration

/**
 * The receiver of a suspending [memoryScope]'s body: it owns what is rented through it, by the body and by its
 * children, and gives it back when all of them have ended.
 *
 * `pool.rent(size)` inside of the body means the [rent] of this class, not the top-level one, because an implicit
 * receiver's extension comes before an imported one; so it is in nested lambdas and in children.
 *
 * **Ownership.** The scope owns a lease before the rent returns it, so no timeout and no cancellation can lose one.
 * Closing a lease earlier is allowed, and gives it back then; [move] takes it out of the scope.
 * **Threads.** Any. The leases are shared leases: children may use each other's.
 * **Zeroed.** Nothing, unless the pool's hygiene says so.
 *
 * Every function throws [ScopeClosedException][dev.leasehold.memory.dsl.ScopeClosedException] after the scope has
 * ended. Every form of renting throws what [rent] does, and what its own description adds.
 */
@MemoryDsl
public class SuspendingMemoryScope internal constructor(
    internal val ledger: LeaseLedger,
    /** The pool that [rent] without a pool rents from. */
    public val pool: SuspendingPool,
    /** The context of the scope, for its children. */
    override val coroutineContext: CoroutineContext,
) : CoroutineScope {
    /**
     * Rents [size] bytes of [pool] for the scope. Suspends while the bytes are out, first come, first served.
     *
     * **Cost.** As the top-level [rent][dev.leasehold.memory.coroutines.rent], which says what is thrown, and a lock.
     *
     * @throws RentDeadlockException when it waits for bytes that this scope, and those around it, hold themselves
     */
    public suspend fun rent(size: Long): SharedLease = pool.rent(size)

    /**
     * [rent] that waits at most [timeout].
     *
     * @throws dev.leasehold.memory.RentTimeoutException when [timeout] passed first; nothing was taken
     * @throws dev.leasehold.memory.InvalidTimeoutException when [timeout] is not positive
     */
    public suspend fun rent(size: Long, timeout: Duration): SharedLease = pool.rent(size, timeout)

    /** [rent] from any suspending pool. */
    public suspend fun SuspendingPool.rent(size: Long): SharedLease = Leasing.rent(lender, size, ledger)

    /** [rent] of the default size of the pool below. */
    public suspend fun SuspendingPool.rent(): SharedLease = rent(pool.defaultSize)

    /** [rent] from any suspending pool that waits at most [timeout]. */
    public suspend fun SuspendingPool.rent(size: Long, timeout: Duration): SharedLease =
        Leasing.rent(lender, size, timeout, ledger)

    /** [rent] that waits at most [timeout], and returns null when that passed first; nothing was taken then. */
    public suspend fun SuspendingPool.rentOrNull(size: Long, timeout: Duration): SharedLease? =
        Leasing.rentOrNull(lender, size, timeout, ledger)

    /** [rent], or null when that would have to wait. */
    @JvmSynthetic
    public fun SuspendingPool.tryRent(size: Long): SharedLease? = Leasing.tryRent(lender, size, ledger)

    /**
     * [rent] of several at once, for the scope: see the top-level [rentAll][dev.leasehold.memory.coroutines.rentAll].
     */
    public suspend fun SuspendingPool.rentAll(vararg sizes: Long): Leases =
        leasesOf(sizes) { Leasing.rentAll(lender, sizes, ledger, it) }

    /** [rentAll] from the scope's [pool]. */
    public suspend fun rentAll(vararg sizes: Long): Leases = pool.rentAll(*sizes)

    /**
     * [rent] of a lease that is closed when [job] completes, or when the scope ends, whichever comes first.
     *
     * @throws IllegalStateException when [job] has completed; nothing was taken
     */
    public suspend fun SuspendingPool.leaseIn(job: Job, size: Long): SharedLease {
        requireActive(job)
        return rent(size).bound(job)
    }

    /**
     * Receives an element whose lease belongs to the scope before this returns, so that no timeout and no cancellation
     * can lose it.
     *
     * @throws kotlinx.coroutines.channels.ClosedReceiveChannelException when the channel is closed and empty, or else
     *   the cause that it was closed with
     */
    public suspend fun <E> LeaseChannel<E>.receiveLease(): E {
        ledger.requireOpen()
        val element = receive()
        val lease = leaseOf(element)
        try {
            ledger.adopt(lease)
        } catch (ended: Throwable) {
            DeferredClose.close(lease) { ledger.describe() }
            throw ended
        }
        return element
    }

    /**
     * Runs [action] when the scope ends: after what was rented or deferred later, and before what was earlier. What it
     * throws is treated as a failure to give back. It runs also after a cancellation, and must not block for long.
     */
    public fun defer(action: () -> Unit) {
        ledger.add(DeferredAction(action), null)
    }

    /** Not here: a `Lease` belongs to a thread, and a coroutine may go on on another. */
    @Suppress("UNUSED_PARAMETER", "UnusedReceiverParameter")
    @Deprecated(
        "a Lease belongs to one thread, and a coroutine may go on on another: rent from a SuspendingPool",
        level = DeprecationLevel.ERROR,
    )
    public fun MemoryPool.rent(size: Long): Nothing = throw UnsupportedOperationException("rent from a SuspendingPool")

    /** Which scope this is, for logs. */
    override fun toString(): String = ledger.describe()
}
