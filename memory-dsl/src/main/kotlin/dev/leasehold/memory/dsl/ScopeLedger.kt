@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.dsl

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseOwner
import dev.leasehold.memory.internal.spi.OwnedLease
import dev.leasehold.memory.internal.spi.describeThread
import dev.leasehold.memory.internal.spi.endFor
import dev.leasehold.memory.internal.spi.freshBounds
import dev.leasehold.memory.internal.spi.leaseFor
import dev.leasehold.memory.internal.spi.ownedBy
import dev.leasehold.memory.internal.spi.rentFor
import dev.leasehold.memory.internal.spi.takeFor
import java.lang.foreign.MemorySegment

/*
 * What a scope owns, and how it does so without garbage.
 *
 *   newest ──> entry ──> entry ──> null          leases, shared leases and deferred actions, the newest first
 *
 * The compiler must see that neither the ledger nor a lease leaves the method that the scope stands in; then it keeps
 * both in registers. Hence:
 * - A lease points to the place that its scope was opened on, a constant, and never to the ledger. The ledger points to
 *   the lease, and of two objects that point to each other escape analysis removes neither. So a lease that is closed
 *   early notifies nothing: the next rent takes it off when it is the newest, or a sweep does, which runs when as many
 *   entries have been linked as the last sweep kept, and so takes constant time an entry; or the end finds it closed.
 * - Nothing is put into an array or a collection, and nothing is passed to a call that is not inlined.
 * - What is rare (many leases, deferred actions) is behind a branch that stands in the caller's own code, by inlining:
 *   the profile that lets the compiler see "never taken here" is then of that very place.
 */

/** The state of one scope. Confined to the thread that made it. */
@PublishedApi
internal class ScopeLedger(
    @JvmField val pool: MemoryPool,
    private val name: String?,
    private val mark: ScopeMark,
) {
    @JvmField
    val thread: Thread = Thread.currentThread()

    @JvmField
    var newest: ScopeEntry? = null

    @JvmField
    var closed = false

    /** How many entries are linked since the last sweep, with those that it kept; and when the next one is due. */
    @JvmField
    var linked = 0

    @JvmField
    var sweepAt = FEWEST_TO_SWEEP

    /** The chunk that is being carved; empty when there is none. */
    @JvmField
    var chunk: MemorySegment = MemorySegment.NULL

    /** Where in it the next allocation begins, and how long it is; -1 when there is none, so that nothing fits. */
    @JvmField
    var next = 0L

    @JvmField
    var capacity = NO_CHUNK

    // ---- owning ----

    /** Refuses unless the scope is open and this is its thread. */
    fun requireUsable() {
        if (closed || Thread.currentThread() !== thread) throw refusal()
    }

    /** Refuses unless this is the scope's thread. */
    internal fun requireThread() {
        if (Thread.currentThread() !== thread) throw otherThread()
    }

    private fun refusal(): MemoryException = if (closed) {
        ScopeClosedException("${describe()} has ended; rent and allocate while its body runs, or open another one")
    } else {
        otherThread()
    }

    private fun otherThread() = ScopeThreadException(
        "${describe()} belongs to ${describeThread(thread)} and was used on " +
            "${describeThread(Thread.currentThread())}; open a scope on each thread, and use rentShared for " +
            "memory that changes threads",
    )

    /** The block of a rent; see [takeFor]. */
    fun take(from: MemoryPool, size: Long): Long {
        requireUsable()
        return from.takeFor(size)
    }

    /** The last part. */
    fun leaseOf(from: MemoryPool, size: Long, block: Long, bounds: AutoCloseable?, owned: OwnedLease): Lease =
        from.leaseFor(block, bounds, owned, size)

    /** What a lease remembers of the scope. */
    fun owned(): OwnedLease = ownedBy(mark, name)

    /** All parts and [own], inlined into the caller, for the compiler inlines each but not all as one. */
    @Suppress("NOTHING_TO_INLINE")
    inline fun rent(from: MemoryPool, size: Long): Lease {
        val bounds = freshBounds()
        val owned = owned()
        val entry = LeaseEntry()
        return own(entry, leaseOf(from, size, take(from, size), bounds, owned))
    }

    fun rent(from: MemoryPool, size: Long, alignment: Long): Lease {
        requireUsable()
        val entry = LeaseEntry()
        return own(entry, from.rentFor(owner(), size, alignment))
    }

    /** Rents in a way that is not among the fast ones. */
    internal inline fun rent(how: (LeaseOwner) -> Lease): Lease {
        requireUsable()
        val entry = LeaseEntry()
        return own(entry, how(owner()))
    }

    /** The same, where no lease may come of it. */
    internal inline fun tryRent(how: (LeaseOwner) -> Lease?): Lease? {
        requireUsable()
        val entry = LeaseEntry()
        return how(owner())?.let { own(entry, it) }
    }

    /** Rents with an entry made before, so that there is no moment at which a failure could lose the lease. */
    internal fun <L : SharedLease?> rentShared(how: (LeaseOwner) -> L): L {
        requireUsable()
        val owner = owner()
        val entry = SharedLeaseEntry(owner)
        val lease = how(owner)
        if (lease != null) {
            entry.lease = lease
            own(entry)
        }
        return lease
    }

    /** The owner of a lease that is not made in the fast way, with its name. */
    internal fun owner(): LeaseOwner = if (name == null) mark else mark.named(name)

    /** Owns [lease] by [entry], which was made before it: when the heap is full, no lease is there to be lost. */
    fun own(entry: LeaseEntry, lease: Lease): Lease {
        entry.lease = lease
        own(entry)
        return lease
    }

    /** Runs [action] when the scope ends. */
    fun defer(action: () -> Unit) {
        requireUsable()
        own(DeferredEntry(action))
    }

    fun own(entry: ScopeEntry) {
        val top = newest
        entry.older = if (top != null && top.isOver) top.older else top
        newest = entry
        if (++linked >= sweepAt) sweep()
    }

    /** Rebuilds the chain without what has ended; order is kept. */
    private fun sweep() {
        var kept = 0
        var above: ScopeEntry? = null
        var entry = newest
        newest = null
        while (entry != null) {
            val next = entry.older
            if (!entry.isOver) {
                entry.older = null
                if (above == null) newest = entry else above.older = entry
                above = entry
                kept++
            }
            entry = next
        }
        linked = kept
        sweepAt = maxOf(FEWEST_TO_SWEEP, 2 * kept)
    }

    // ---- carving ----

    /** Carves [size] bytes. The checks are inlined too: those of eight calls just fit one compilation. */
    @Suppress("NOTHING_TO_INLINE")
    inline fun allocate(size: Long): MemorySegment {
        val start = next
        val fits = size >= 0 && size <= capacity - start && Thread.currentThread() === thread
        return if (fits) carve(start, size) else allocateAnew(size)
    }

    /** The same at a multiple of [alignment]. */
    @Suppress("NOTHING_TO_INLINE")
    inline fun allocate(size: Long, alignment: Long): MemorySegment {
        val start = startFor(alignment)
        val fits = start >= 0 && size >= 0 && size <= capacity - start && Thread.currentThread() === thread
        return if (fits) carve(start, size) else allocateAnew(size, alignment)
    }

    /** Where in the chunk the next multiple of [alignment] lies; negative when it is none. */
    fun startFor(alignment: Long): Long {
        if (alignment < 1 || alignment and (alignment - 1) != 0L) return -1
        val address = chunk.address()
        return (address + next + (alignment - 1) and -alignment) - address
    }

    /** Takes the [size] bytes at [start], which must fit. */
    fun carve(start: Long, size: Long): MemorySegment {
        next = start + size + (NATURAL_ALIGNMENT - 1) and -NATURAL_ALIGNMENT
        return chunk.asSlice(start, size)
    }

    /** Takes [size] bytes out of a new chunk, or as a lease of their own. Inlined for the sake of [rent]. */
    @Suppress("NOTHING_TO_INLINE")
    inline fun allocateAnew(size: Long): MemorySegment = startChunk(rent(pool, sizeToRent(size)), size)

    /** The same at a multiple of [alignment]. */
    fun allocateAnew(size: Long, alignment: Long): MemorySegment =
        startChunk(rent(pool, sizeToRent(size), alignment), size)

    /** What to rent for [size] bytes: a large one would leave much of a chunk unused, so it gets memory of its own. */
    fun sizeToRent(size: Long): Long {
        val chunkSize = chunkSize()
        return if (size in 0..chunkSize / 2) chunkSize else size
    }

    /** The first [size] bytes of [lease], which becomes the chunk when there is more of it. */
    fun startChunk(lease: Lease, size: Long): MemorySegment {
        if (lease.size == size) return lease.asMemorySegment()
        chunk = lease.asMemorySegment()
        capacity = lease.size
        return carve(0, size)
    }

    private fun chunkSize(): Long {
        val size = pool.defaultSize
        return if (size > 0) size else CHUNK_SIZE_WITHOUT_DEFAULT
    }

    /** Lets the next [allocate] take a chunk of its own, because the present one ends now. */
    fun forgetChunk() {
        capacity = NO_CHUNK
    }

    // ---- ending ----

    /** Ends the scope of a body that returned. */
    @Suppress("NOTHING_TO_INLINE")
    inline fun end() {
        val last = newest
        if (last != null && (last.older != null || last !is LeaseEntry)) {
            ScopeEnd.throwing(this)
        } else {
            closed = true
            forgetChunk()
            last?.end()
        }
    }

    /** Ends the scope of a body that threw [failure], and returns it with the failures of giving back attached. */
    fun endAfter(failure: Throwable): Throwable = ScopeEnd.joining(this, failure)

    fun describe(): String = mark.describe(name)

    companion object {
        /** Enough for every primitive, as of a block of the pool's. */
        const val NATURAL_ALIGNMENT = 16L
        const val FEWEST_TO_SWEEP = 16
        private const val NO_CHUNK = -1L
        private const val CHUNK_SIZE_WITHOUT_DEFAULT = 4096L
    }
}

private class DeferredEntry(private val action: () -> Unit) : ScopeEntry() {
    override val isOver: Boolean get() = false
    override val carves: Boolean get() = true

    override fun end(): Unit = action()
}

/** Made before its lease, as a [LeaseEntry] is. */
private class SharedLeaseEntry(private val owner: LeaseOwner) : ScopeEntry() {
    var lease: SharedLease? = null

    override val isOver: Boolean get() = lease?.isClosed ?: true

    override fun end() {
        lease?.endFor({ owner.describe(null) }) {}?.let { throw it }
    }
}
