@file:JvmSynthetic

package dev.leasehold.memory

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.block.OwnerMessages
import dev.leasehold.memory.internal.cache.Bias
import dev.leasehold.memory.internal.engine.HeldBlock
import dev.leasehold.memory.internal.engine.HeldSource
import dev.leasehold.memory.internal.platform.bytes
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.ByteBuffer

/**
 * Memory that any thread may use: what a [SharedLease], which a pool lends, and a [Block], which a manager hands out,
 * have in common.
 *
 * There are two ways to the bytes.
 *
 * | | the view | the price |
 * |---|---|---|
 * | [withSegment] | is the calling thread's, and ends with the call | a few nanoseconds, no garbage |
 * | [keptSegment] | may be kept and used on any thread while the memory is held | a close that waits for its end |
 *
 * Take the first wherever the bytes are used in one call, and the second only where a view must live across threads or
 * suspensions.
 *
 * **Ownership.** See [SharedLease] and [Block].
 * **Threads.** Any. What one thread wrote before it handed the memory over (through a queue, a lock, a started thread)
 * is seen by the thread that takes it.
 */
public abstract class MemoryHolder internal constructor(
    bias: Bias?,
    generation: Int,
    source: HeldSource,
    address: Long,
    size: Long,
    kind: Int,
    attachment: Attachment?,
) : HeldBlock(bias, generation, source, address, size, kind, attachment),
    AutoCloseable {
    /** The pool or manager, in messages. */
    internal val owner: Owner get() = source.state.owner

    /** What messages call this. */
    internal abstract fun describe(): String

    /** How many bytes it has, as its views: no neighbour is reachable. Changes only by a [Block.resize] in place. */
    public val size: Long get() = length

    /** Where the first byte lies in the process's address space. Fixed for its life. */
    public val address: Long get() = start

    /** Whether it has been closed. Another thread may do so at any moment: for diagnosis only. */
    public val isClosed: Boolean get() = hasEnded

    /** Ends a lease, or gives one reference to a block back: see [SharedLease.close] and [Block.close]. */
    abstract override fun close()

    /**
     * Lets [action] use the bytes on this thread, holds the memory meanwhile, and cuts every view off when it returns.
     *
     * The fastest way to the bytes, and the exact one: the view dies with the call, slices included, and the memory can
     * be reused the moment that it is closed. In a coroutine [action] cannot suspend. Loops over bytes belong into it:
     * it is a function of its own, of which the JVM makes fast code, as it often cannot of a suspending function.
     *
     * **Ownership.** The memory is held until [action] has returned, also when it is closed meanwhile.
     * **Threads.** The view belongs to the calling thread. **Cost.** A few nanoseconds, and no garbage once compiled.
     * For Java there is `Memory.withMemorySegment`.
     *
     * @return what [action] returns
     * @throws MemoryClosedException when it has been closed: a [LeaseClosedException] or a [BlockClosedException]
     * @throws GuardBytesException when [action] ran and the memory was closed meanwhile, in a checked manager, and the
     *   bytes around it were overwritten
     */
    // The call is inlined, so that the JVM knows its action there; the action is not, because inside of a coroutine its
    // loops would become part of a state machine: four times slower at 64 KiB.
    @JvmSynthetic
    @Suppress("NOTHING_TO_INLINE")
    public inline fun <R> withSegment(noinline action: (Segment) -> R): R {
        val access = scopedAccessTo(entered())
        // No deeper than the way in, so that it succeeds where that did: there may be little stack left.
        try {
            return action(Segment.of(access.raw))
        } finally {
            access.close()
        }
    }

    /**
     * A view that may be kept: handed over, and used on any thread, as long as the memory is held.
     *
     * What it costs is paid when the memory is closed. It then waits in quarantine until a batch of such views has been
     * cut off together, so what is taken next lies elsewhere and is colder. From a mebibyte on, when the bounds of the
     * quarantine are reached, when memory is short, and where sites are traced, the view is cut off by the close
     * itself, which takes tens of microseconds, or more where more threads run than there are processors. [withSegment]
     * has no such price.
     *
     * After the close the memory refuses at once; this view may still read for a while, but only memory that is no one
     * else's, and throws from the moment that it is cut off.
     *
     * @throws MemoryClosedException when it has been closed
     */
    @get:JvmSynthetic
    public val keptSegment: Segment get() = Segment.of(keptView())

    /**
     * [keptSegment] as the platform's type: the named crossing, and what Java uses.
     *
     * @throws MemoryClosedException when it has been closed
     */
    public fun asKeptMemorySegment(): MemorySegment = keptView()

    /**
     * [keptSegment] as a byte buffer in native order, for channels, asynchronous ones too; at most 2 GiB. Used too late
     * it throws the platform's own exception, which names no pool.
     *
     * @throws MemoryClosedException when it has been closed
     * @throws SegmentSizeException when it is larger than a byte buffer can be
     */
    public fun asKeptByteBuffer(): ByteBuffer = keptSegment.asByteBuffer().order(java.nio.ByteOrder.nativeOrder())

    /** Begins a use that [ScopedAccess] ends. A step of its own, so that the compiler inlines it for itself. */
    @PublishedApi
    internal fun entered(): MemoryHolder {
        enter()
        return this
    }

    internal final override fun refuseInUse(cause: IllegalStateException): Nothing =
        throw MemoryBusyException(OwnerMessages.inUse(describe(), owner), owner.name, size, cause)

    internal final override fun refuseBusy(): Nothing = throw MemoryBusyException(
        "${describe()} from $owner is being resized or transferred by another thread: let one holder do it and hand " +
            "the result on",
        owner.name,
        size,
    )
}

/**
 * One scoped use of a [MemoryHolder] that has been [entered][MemoryHolder.entered]: ends the hold, and confines the
 * view to the calling thread and to this access. Public only because [MemoryHolder.withSegment] is inlined.
 *
 * The constructor takes the platform's type and is not private, because Kotlin reaches any other through a synthetic
 * one whose marker class is never loaded; then the compiler does not inline it, and every access makes garbage.
 */
@PublishedApi
internal class ScopedAccess internal constructor(
    private val holder: MemoryHolder,
    private val arena: Arena?,
    @PublishedApi @JvmField internal val raw: MemorySegment,
) {
    @PublishedApi
    internal fun close() {
        // The arena first: when this was the last hold, the next holder must not be within reach.
        try {
            arena?.close()
        } finally {
            holder.leave()
        }
    }
}

/** Begins the access that ends with [ScopedAccess.close]; when it cannot, the hold of [holder] ends. */
@PublishedApi
internal fun scopedAccessTo(holder: MemoryHolder): ScopedAccess {
    try {
        val arena = newArena()
        return ScopedAccess(holder, arena, holder.viewIn(arena))
    } catch (failure: Throwable) {
        // The heap is full, or the like: the hold must not be lost with it.
        holder.leave()
        throw failure
    }
}
