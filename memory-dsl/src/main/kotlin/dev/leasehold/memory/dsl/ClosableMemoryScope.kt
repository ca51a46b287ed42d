@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.dsl

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.rentSharedFor
import dev.leasehold.memory.internal.spi.tryRentFor
import dev.leasehold.memory.internal.spi.tryRentSharedFor
import java.lang.foreign.MemorySegment
import java.lang.foreign.SegmentAllocator

/**
 * A scope for Java: `try (var scope = MemoryScope.open(pool, "parse")) { … }` is what `memoryScope(pool) { … }` is in
 * Kotlin.
 *
 * It rents from any pool and allocates from its own memory; as a [SegmentAllocator] it can be handed to whatever fills
 * or makes segments, such as `scope.allocateFrom("text")` or generated bindings.
 *
 * **Ownership.** [close] gives back all that was rented or allocated and not given back before, the newest first;
 * deferred actions take part in that order. Closing again does nothing.
 * **Threads.** The scope belongs to the thread that opened it, and so do its leases and segments, except shared leases.
 * **Zeroed.** Nothing, unless the pool's hygiene says so: unlike an arena, it leaves what the last user wrote.
 * **Messages** name the scope, and where the pool traces sites, also where a lease was rented and closed.
 *
 * Every function but [close] throws [ScopeClosedException] after the scope has ended, and every one
 * [ScopeThreadException] on another thread.
 */
public class ClosableMemoryScope internal constructor(pool: MemoryPool, name: String?) :
    SegmentAllocator,
    AutoCloseable {
    private val ledger = ScopeLedger(pool, name, OpenedMark)

    /**
     * Rents [size] bytes of [pool] for the scope.
     *
     * @throws dev.leasehold.memory.InvalidSizeException when [size] is negative or above what the pool can ever hold
     * @throws dev.leasehold.memory.MemoryExhaustedException when the pool's limit or the system stops it
     * @throws dev.leasehold.memory.PoolClosedException when the pool is closed
     */
    public fun rent(pool: MemoryPool, size: Long): Lease = ledger.rent(pool, size)

    /** [rent] of the pool's default size. */
    public fun rent(pool: MemoryPool): Lease = ledger.rent(pool, pool.defaultSize)

    /**
     * [rent] at an address that is a multiple of [alignment].
     *
     * @throws dev.leasehold.memory.InvalidAlignmentException when [alignment] is no power of two between 1 and the page
     *   size
     */
    public fun rent(pool: MemoryPool, size: Long, alignment: Long): Lease = ledger.rent(pool, size, alignment)

    /** [rent], or null when the pool's limit stops it. */
    public fun tryRent(pool: MemoryPool, size: Long): Lease? = ledger.tryRent { owner -> pool.tryRentFor(owner, size) }

    /** Rents [size] bytes of [pool] for any thread; the scope closes the lease unless it is closed before. */
    public fun rentShared(pool: MemoryPool, size: Long): SharedLease =
        ledger.rentShared { owner -> pool.rentSharedFor(owner, size) }

    /** [rentShared] at an address that is a multiple of [alignment]. */
    public fun rentShared(pool: MemoryPool, size: Long, alignment: Long): SharedLease =
        ledger.rentShared { owner -> pool.rentSharedFor(owner, size, alignment) }

    /** [rentShared], or null when the pool's limit stops it. */
    public fun tryRentShared(pool: MemoryPool, size: Long): SharedLease? =
        ledger.rentShared { owner -> pool.tryRentSharedFor(owner, size) }

    /** Carves [byteSize] bytes, at a multiple of 16, out of the scope's own memory. */
    override fun allocate(byteSize: Long): MemorySegment = ledger.allocate(byteSize)

    /**
     * Carves [byteSize] bytes, at a multiple of [byteAlignment], out of the scope's own memory.
     *
     * @throws dev.leasehold.memory.InvalidAlignmentException when [byteAlignment] is no power of two between 1 and the
     *   page size
     */
    override fun allocate(byteSize: Long, byteAlignment: Long): MemorySegment = ledger.allocate(byteSize, byteAlignment)

    /** Runs [action] when the scope ends, after what was rented or deferred later and before what was earlier. */
    public fun defer(action: Runnable) {
        ledger.defer(action::run)
    }

    /**
     * Ends the scope. When giving back fails, the rest is given back all the same, and the first failure is thrown with
     * the others attached as suppressed. Closing again does nothing, unless it kept a lease.
     *
     * @throws ScopeThreadException on a thread that did not open the scope; it stays open
     * @throws dev.leasehold.memory.MemoryBusyException when a shared lease is still in use by a native call or an
     *   input/output operation: it is closed as soon as that has ended. Or when this thread is itself inside of a native
     *   call that uses a [Lease] of the scope, and has called back: the scope keeps that one, and is to be closed again
     */
    override fun close() {
        if (ledger.closed && ledger.newest == null) return
        ledger.requireThread()
        ScopeEnd.throwing(ledger)
    }

    /** The scope's name. */
    override fun toString(): String = ledger.describe()
}

/** In Java no line comes free of cost: the name must do, and the sites of leases where they are traced. */
private object OpenedMark : ScopeMark {
    override fun mark() = Unit

    override fun describe(name: String?): String =
        if (name == null) "a memory scope that was opened without a name" else "memory scope '$name'"
}
