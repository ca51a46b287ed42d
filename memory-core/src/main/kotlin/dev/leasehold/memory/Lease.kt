package dev.leasehold.memory

import dev.leasehold.memory.internal.block.BlockHome
import dev.leasehold.memory.internal.block.LeaseTrace
import dev.leasehold.memory.internal.budget.Charge
import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.ByteBuffer

/**
 * Temporary tenure of a pooled block by the thread that rented it, from `pool.rent(size)`.
 *
 * **Ownership.** Whoever rented it closes it. `close()` gives the block back once, however often it is called, and
 * from then on the JVM itself refuses every view and slice of it.
 * **Threads.** Use and close it on the renting thread only; [SharedLease] is for the rest.
 * **Zeroed.** Only when the pool's [Hygiene] says so.
 * **Cost.** No garbage while the lease stays within the method that rented it.
 */
public open class Lease internal constructor(
    private val home: BlockHome,
    private val raw: MemorySegment,
    private val arena: Arena?,
    private val code: Int,
    private val thread: Thread,
    private val trace: LeaseTrace?,
) : AutoCloseable {
    private var closed = false

    /** The pool that this was rented from. */
    public val pool: MemoryPool get() = home.owner as MemoryPool

    /** How many bytes were asked for. The view has exactly as many: no neighbour is reachable. */
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
     * The bytes as a byte buffer in native order, for channels; at most 2 GiB. Asynchronous channels need a
     * [SharedLease].
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
     * **Ownership.** Answers a new lease over the same bytes, which the caller closes, and ends this one: its views
     * throw, and its block stays leased. Also a scope does not close the new one.
     * **Threads.** The renting thread, to which the new lease belongs too.
     * **Zeroed.** The bytes stay as they are.
     * **Cost.** Some hundred nanoseconds, and a few objects.
     *
     * @throws BudgetExceededException when [budget], or one between it and what is above both, has no room; nothing has
     *   changed then
     * @throws BudgetClosedException when [budget] is closed; nothing has changed then
     * @throws LeaseClosedException when the lease has ended
     * @throws LeaseThreadException on a thread that did not rent it
     * @throws IllegalStateException while a native call or an input/output operation is using the bytes; nothing has
     *   changed then
     */
    public fun transferTo(budget: MemoryBudget): Lease {
        if (closed || Thread.currentThread() !== thread) refuse("transferred")
        val charge = BudgetTransfers.prepare(pool, home.charge, home.bytesOf(code), size, budget)
        val next = try {
            heirOf(charge)
        } catch (failure: Throwable) {
            charge.cancel()
            throw failure
        }
        closed = true
        charge.commit()
        trace?.ended()
        return next
    }

    /** The lease that follows this one, whose views have been cut off when this returns. */
    private fun heirOf(charge: Charge): Lease {
        val fresh = if (arena == null) null else Arena.ofConfined()
        val traced = if (trace == null) null else LeaseTrace.start(home.poolName, size)
        try {
            val view = Platform.current.view(raw.address(), raw.byteSize(), fresh)
            val next = Lease(home.chargedTo(charge), view, fresh, code, thread, traced)
            if (traced != null) LeaseTrace.watch(next, traced)
            // Last: when this has happened there is no way back.
            arena?.close()
            return next
        } catch (failure: Throwable) {
            fresh?.close()
            traced?.ended()
            throw failure
        }
    }

    /**
     * Ends the lease: cuts off every view, then gives the block back. Closing again does nothing.
     *
     * @throws LeaseThreadException on a thread that did not rent it; the lease stays open
     * @throws IllegalStateException while a native call or an input/output operation is using the bytes; the lease
     *   stays open
     */
    final override fun close() {
        if (closed) return
        if (Thread.currentThread() !== thread) refuse("closed")
        // The arena first: from here on no view reaches the block, so it can be somebody else's.
        arena?.close()
        closed = true
        home.giveBack(raw.address(), code, raw.byteSize())
        trace?.ended()
    }

    /** Whose lease this is, for messages; null when nobody but its holder closes it. */
    @JvmSynthetic
    internal open fun describeOwner(): String? = null

    private fun refuse(verb: String): Nothing =
        throw LeaseRefusals.of(this, verb, closed, thread, describeOwner(), trace)

    /** The size, the pool, and whether it is closed, for logs. */
    final override fun toString(): String =
        "Lease($size bytes of pool '${home.poolName}'${if (closed) ", closed" else ""})"
}
