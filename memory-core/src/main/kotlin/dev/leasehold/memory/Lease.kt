@file:JvmSynthetic

package dev.leasehold.memory

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.BlockSource
import dev.leasehold.memory.internal.block.Origins
import dev.leasehold.memory.internal.block.OwnerMessages
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.block.WatchedSource
import dev.leasehold.memory.internal.engine.lostLease
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.describe
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.ByteBuffer

/**
 * Temporary tenure of a pooled block by the thread that rented it, from `pool.rent(size)`.
 *
 * **Ownership.** The renting code closes it. `close()` gives the block back once, however often it is called, and
 * from then on the JVM itself refuses every view and slice of it.
 * **Threads.** Use and close it on the renting thread only; [SharedLease] is for the rest.
 * **Zeroed.** Only when the pool's [Hygiene] says so.
 * **Cost.** No garbage while the lease stays within the method that rented it.
 */
public class Lease internal constructor(
    /** The pool that this was rented from. */
    public val pool: MemoryPool,
    private val source: BlockSource,
    private val raw: MemorySegment,
    private val arena: Arena?,
    private val code: Byte,
    private val thread: Thread,
    private val attachment: Attachment?,
) : AutoCloseable {
    private var closed = false

    // What its end has to see to, also where its source does.
    private val seenTo: Attachment? get() = attachment ?: (source as? WatchedSource)?.attachment

    /** How many bytes were requested. The view has exactly as many: no neighbour is reachable. */
    public val size: Long get() = raw.byteSize()

    /** Whether the lease has ended. */
    public val isClosed: Boolean get() = closed

    /**
     * The bytes.
     *
     * @throws LeaseClosedException when the lease has ended
     * @throws LeaseThreadException on a thread that did not rent it
     */
    @get:JvmSynthetic
    public val segment: Segment get() = Segment.of(asMemorySegment())

    /**
     * The bytes as the platform's type: the named crossing, and what Java uses.
     *
     * @throws LeaseClosedException when the lease has ended
     * @throws LeaseThreadException on a thread that did not rent it
     */
    public fun asMemorySegment(): MemorySegment {
        if (closed || Thread.currentThread() !== thread) refuse("used")
        return raw
    }

    /**
     * The bytes as a byte buffer in native order, for channels that block; at most 2 GiB. An asynchronous socket
     * channel refuses it, and an asynchronous file channel never completes with it: both need a [SharedLease].
     *
     * @throws LeaseClosedException when the lease has ended
     * @throws LeaseThreadException on a thread that did not rent it
     * @throws SegmentSizeException when the lease is larger than a byte buffer can be
     */
    public fun asByteBuffer(): ByteBuffer = segment.asByteBuffer().order(java.nio.ByteOrder.nativeOrder())

    /**
     * Moves the charge of the lease's block from the pool's budget to [budget]: another subsystem pays for it from here
     * on.
     *
     * Budgets above both are not touched, so the bytes never count twice there. When the new lease ends, the pool's
     * budget pays again; if that has no room by then, [budget] goes on paying until the pool next gives memory back to
     * the system ([MemoryPool.trim] does), so that no limit is passed.
     *
     * **Ownership.** Returns a new lease over the same bytes, which the caller closes, and ends this one: its views
     * throw, and its block stays leased. A scope does not close the new one.
     * **Threads.** The renting thread, to which the new lease belongs too.
     * **Zeroed.** The bytes stay as they are.
     * **Cost.** Some hundred nanoseconds, and a few objects.
     *
     * @throws BudgetExceededException when [budget], or one between it and what is above both, has no room; nothing has
     *   changed then
     * @throws BudgetClosedException when [budget] is closed; nothing has changed then
     * @throws LeaseClosedException when the lease has ended
     * @throws LeaseThreadException on a thread that did not rent it
     * @throws MemoryBusyException while a native call or an input/output operation uses the bytes; nothing changes then
     */
    public fun transferTo(budget: MemoryBudget): Lease {
        if (closed || Thread.currentThread() !== thread) refuse("transferred")
        val charge = budget.prepareTransfer(seenTo?.charge, pool.engine.state, source.bytesOf(code.toInt()), size)
        val next = try {
            successor(Attachment().also { it.charge = charge })
        } catch (failure: Throwable) {
            charge.cancel()
            throw failure
        }
        closed = true
        charge.commit()
        seenTo?.ended()
        return next
    }

    /** The lease that follows this one, whose views have been cut off when this returns. */
    private fun successor(attached: Attachment): Lease {
        val fresh = if (arena == null) null else Arena.ofConfined()
        try {
            val view = Platform.current.view(raw.address(), raw.byteSize(), fresh)
            if (seenTo?.trace != null) attached.trace = pool.engine.state.traces.start(size)
            val next = Lease(pool, (source as? WatchedSource)?.source ?: source, view, fresh, code, thread, attached)
            attached.trace?.let { next.traced(it) }
            // Last: when this has happened there is no way back.
            cutOff()
            return next
        } catch (failure: Throwable) {
            fresh?.close()
            attached.ended()
            throw failure
        }
    }

    /**
     * Lets errors name the sites in [trace], also by a view alone, and reports the lease if neither it nor a view of it
     * is referred to any more.
     */
    internal fun traced(trace: Trace) {
        if (arena == null) return trace.watch(this, null)
        val state = pool.engine.state
        Origins.enter(arena.scope(), owner, trace)
        val memory = if (attachment?.isTraceAlone == true) {
            state.lostLease(source, raw.address(), code.toInt(), size)
        } else {
            null
        }
        trace.watch(arena.scope(), memory)
    }

    /**
     * Ends the lease: cuts off every view, then gives the block back. Closing again does nothing.
     *
     * @throws LeaseThreadException on a thread that did not rent it; the lease stays open
     * @throws MemoryBusyException while a native call or an input/output operation uses the bytes; the lease stays open
     */
    override fun close() {
        if (closed) return
        if (Thread.currentThread() !== thread) refuse("closed")
        // The arena first: from here on no view reaches the block, so it can be another lease's.
        cutOff()
        closed = true
        // Read where every close comes by: for a rare call on the view the compiler could not keep it in registers.
        val address = raw.address()
        val bytes = raw.byteSize()
        try {
            if (attachment != null && attachment.endMatters) {
                attachment.giveBack(source, address, code.toInt(), bytes)
            } else {
                source.giveBack(address, code.toInt(), bytes)
            }
        } catch (failure: VirtualMachineError) {
            // There was no room on the stack, and nothing has come back: another close can do it.
            if (seenTo?.isBack != true) closed = false
            throw failure
        }
    }

    private fun cutOff() {
        try {
            arena?.close()
        } catch (inUse: IllegalStateException) {
            // By a close that could not give the block back.
            if (arena?.scope()?.isAlive == false) return
            throw MemoryBusyException(OwnerMessages.inUse("Lease of ${bytes(size)}", owner), pool.name, size, inUse)
        }
    }

    private val owner get() = pool.engine.state.owner

    private fun refuse(verb: String): Nothing {
        if (closed) throw closedLease(owner, "Lease", size, seenTo)
        val failure = LeaseThreadException(
            "Lease of ${bytes(size)} from $owner was rented by ${describe(thread)} and $verb on " +
                "${describe(Thread.currentThread())}; use rentShared for memory that changes threads" +
                (seenTo?.trace?.takenAt() ?: ""),
        )
        throw Trace.misuse(owner, seenTo?.trace, failure)
    }

    /** The size, the pool, and whether it is closed, for logs. */
    override fun toString(): String = "Lease(${bytes(size)} of pool '${pool.name}'${if (closed) ", closed" else ""})"
}

private val BINDS_VIEWS: Boolean = Platform.current.bindsViews

/** What ends a lease's views; null where nothing does. */
internal fun newArena(): Arena? = if (BINDS_VIEWS) Arena.ofConfined() else null

/** Makes a lease of the block at [address]; where it is one of the sample, its caller watches it. */
internal fun leaseOf(
    pool: MemoryPool,
    source: BlockSource,
    address: Long,
    code: Int,
    size: Long,
    thread: Thread,
    attachment: Attachment?,
): Lease {
    val arena = newArena()
    val view = Platform.current.view(address, size, arena)
    if (pool.special) return specialLeaseOf(pool, source, view, arena, code, thread, attachment)
    return Lease(pool, source, view, arena, code.toByte(), thread, attachment)
}

/** The same with views that live in [arena]. */
internal fun leaseOf(
    pool: MemoryPool,
    source: BlockSource,
    address: Long,
    arena: Arena?,
    code: Int,
    size: Long,
    thread: Thread,
    attachment: Attachment?,
): Lease {
    val view = Platform.current.view(address, size, arena)
    if (pool.special) return specialLeaseOf(pool, source, view, arena, code, thread, attachment)
    val lease = Lease(pool, source, view, arena, code.toByte(), thread, attachment)
    if (attachment?.trace != null) attachment.watch(null)
    return lease
}

private fun specialLeaseOf(
    pool: MemoryPool,
    source: BlockSource,
    view: MemorySegment,
    arena: Arena?,
    code: Int,
    thread: Thread,
    attachment: Attachment?,
): Lease {
    val attached = pool.begin(view, attachment)
    val lease = Lease(pool, source, view, arena, code.toByte(), thread, attached)
    attached?.trace?.let(lease::traced)
    return lease
}
