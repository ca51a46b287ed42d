@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.dsl

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.rentFor
import dev.leasehold.memory.internal.spi.rentSharedFor
import dev.leasehold.memory.internal.spi.tryRentFor
import dev.leasehold.memory.internal.spi.tryRentSharedFor
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * The receiver of [memoryScope]'s body: it owns what is rented and allocated through it, up to the end of the body.
 *
 * `pool.rent(size)` inside of the body means the [rent] of this class, not the top-level one, because an implicit
 * receiver's extension comes before an imported one; so it is in nested lambdas. The words, the arguments and the
 * refusals are the same.
 *
 * **Ownership.** The scope owns; closing a lease earlier is allowed and gives its block back then.
 * **Threads.** The scope belongs to the thread that opened it, and so do its leases and segments, except shared leases.
 * **Zeroed.** Nothing, unless the pool's hygiene says so.
 *
 * Every function throws [ScopeClosedException] after the scope has ended, and [ScopeThreadException] on another thread.
 * Inline class over the scope's state; two are equal when they are the same scope.
 */
@MemoryDsl
@JvmInline
public value class MemoryScope @PublishedApi internal constructor(@PublishedApi internal val ledger: ScopeLedger) {
    /**
     * Rents [size] bytes for the scope.
     *
     * **Cost.** As the top-level `rent`.
     *
     * @throws dev.leasehold.memory.InvalidSizeException when [size] is negative or above what the pool can ever hold
     * @throws dev.leasehold.memory.MemoryExhaustedException when the pool's limit or the system stops it
     * @throws dev.leasehold.memory.PoolClosedException when the pool is closed
     */
    @Suppress("NOTHING_TO_INLINE") // So that the compiler inlines the parts of it, where it would not the whole.
    public inline fun MemoryPool.rent(size: Long): Lease = ledger.rent(this, size)

    /** [rent] of the pool's [default size][MemoryPool.defaultSize]. */
    @Suppress("NOTHING_TO_INLINE")
    public inline fun MemoryPool.rent(): Lease = rent(defaultSize)

    /**
     * [rent] at an address that is a multiple of [alignment]. Throws what [rent] does, and:
     *
     * @throws dev.leasehold.memory.InvalidAlignmentException when [alignment] is no power of two between 1 and the page
     *   size
     */
    public fun MemoryPool.rent(size: Long, alignment: Long): Lease = ledger.rent(this, size, alignment)

    /**
     * [rent] that waits up to [timeout] for memory to come back, first come, first served.
     *
     * @throws dev.leasehold.memory.RentTimeoutException when [timeout] passed first
     * @throws InterruptedException when the thread was interrupted while it waited; nothing is lost
     * @throws dev.leasehold.memory.InvalidTimeoutException when [timeout] is not positive
     * @throws dev.leasehold.memory.InvalidSizeException when [size] is negative or above what the pool can ever hold
     * @throws dev.leasehold.memory.PoolClosedException when the pool is closed, or gets closed while this waits
     */
    public fun MemoryPool.rent(size: Long, timeout: Duration): Lease =
        ledger.rent { owner -> rentFor(owner, size, timeout = timeout) }

    /** [rent] that waits, with a `java.time.Duration`. */
    public fun MemoryPool.rent(size: Long, timeout: JavaDuration): Lease = rent(size, timeout.toKotlinDuration())

    /**
     * [rent], or null when the pool's limit stops it.
     *
     * @throws dev.leasehold.memory.InvalidSizeException when [size] is negative or above what the pool can ever hold
     * @throws dev.leasehold.memory.PoolClosedException when the pool is closed
     */
    public fun MemoryPool.tryRent(size: Long): Lease? = ledger.tryRent { owner -> tryRentFor(owner, size) }

    /**
     * Rents [size] bytes for any thread. The scope closes the lease at its end, unless it has been closed before on any
     * thread; a later use is refused.
     *
     * **Cost.** As the top-level `rentShared`, and one small object more.
     *
     * @throws dev.leasehold.memory.InvalidSizeException when [size] is negative or above what the pool can ever hold
     * @throws dev.leasehold.memory.MemoryExhaustedException when the pool's limit or the system stops it
     * @throws dev.leasehold.memory.PoolClosedException when the pool is closed
     */
    public fun MemoryPool.rentShared(size: Long): SharedLease =
        ledger.rentShared { owner -> rentSharedFor(owner, size) }

    /** [rentShared] of the pool's [default size][MemoryPool.defaultSize]. */
    public fun MemoryPool.rentShared(): SharedLease = rentShared(defaultSize)

    /** [rentShared] at an address that is a multiple of [alignment]: as [rent] with one. */
    public fun MemoryPool.rentShared(size: Long, alignment: Long): SharedLease =
        ledger.rentShared { owner -> rentSharedFor(owner, size, alignment) }

    /** [rentShared] that waits up to [timeout] for memory to come back: as [rent] does. */
    public fun MemoryPool.rentShared(size: Long, timeout: Duration): SharedLease =
        ledger.rentShared { owner -> rentSharedFor(owner, size, timeout = timeout) }

    /** [rentShared] that waits, with a `java.time.Duration`. */
    public fun MemoryPool.rentShared(size: Long, timeout: JavaDuration): SharedLease =
        rentShared(size, timeout.toKotlinDuration())

    /** [rentShared], or null when the pool's limit stops it: as [tryRent]. */
    public fun MemoryPool.tryRentShared(size: Long): SharedLease? =
        ledger.rentShared { owner -> tryRentSharedFor(owner, size) }

    /**
     * Carves [size] bytes, at a multiple of 16, out of memory that the scope rents from its pool at first use.
     *
     * **Ownership.** The scope's, to its end; there is nothing to close.
     * **Zeroed.** Not, unless the pool's hygiene zeroes.
     * **Cost.** An addition. A chunk of the pool's default size is rented when there is none or it is used up; more
     * than half of a chunk is rented on its own.
     *
     * @throws dev.leasehold.memory.InvalidSizeException when [size] is negative or above what the pool can ever hold
     * @throws dev.leasehold.memory.MemoryExhaustedException when the pool's limit or the system stops it
     * @throws dev.leasehold.memory.PoolClosedException when the pool is closed
     */
    @Suppress("NOTHING_TO_INLINE") // So that the compiler's profile of the rare way is this very call's.
    public inline fun allocate(size: Long): Segment = Segment.of(ledger.allocate(size))

    /** [allocate] at an address that is a multiple of [alignment]. Throws what [allocate] and [rent] with one do. */
    @Suppress("NOTHING_TO_INLINE")
    public inline fun allocate(size: Long, alignment: Long): Segment = Segment.of(ledger.allocate(size, alignment))

    /**
     * Runs [action] when the scope ends, whether the body returned or threw: after what was rented or deferred later,
     * and before what was earlier. What [action] throws is treated as a failure to give back. It may use the scope
     * still, and what it rents ends right after it.
     *
     * @sample dev.leasehold.memory.dsl.samples.deferredReport
     */
    public fun defer(action: () -> Unit) {
        ledger.defer(action)
    }

    /** The scope's name and site. */
    override fun toString(): String = ledger.describe()

    /** Opens scopes for Java. */
    public companion object {
        /** Opens a scope on [pool] that ends when it is closed: for Java, where [memoryScope] cannot be inlined. */
        @JvmStatic
        public fun open(pool: MemoryPool): ClosableMemoryScope = ClosableMemoryScope(pool, null)

        /** [open] of a scope that messages call [name]. */
        @JvmStatic
        public fun open(pool: MemoryPool, name: String): ClosableMemoryScope = ClosableMemoryScope(pool, name)
    }
}
