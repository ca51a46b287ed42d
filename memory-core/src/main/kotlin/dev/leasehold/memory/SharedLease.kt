@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory

import dev.leasehold.memory.internal.block.LeaseTrace
import dev.leasehold.memory.internal.block.Tenure
import dev.leasehold.memory.internal.block.WatchedTenure
import dev.leasehold.memory.internal.budget.Charge
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseOwner
import java.lang.foreign.MemorySegment
import java.nio.ByteBuffer
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater

/**
 * Temporary tenure of a pooled block that any thread may use and close, from `pool.rentShared(size)`.
 *
 * **Ownership.** Whoever holds it closes it; racing closes give the block back once.
 * **Threads.** Any. What one thread wrote before it handed the lease over (through a queue, a lock, a started thread)
 * is seen by the thread that takes it.
 * **Zeroed.** Only when the pool's [Hygiene] says so.
 * **After the close** the lease refuses at once. A raw view that somebody kept may still read for a while, but only
 * memory that nobody else has rented; when its epoch retires it throws too.
 */
public class SharedLease internal constructor(
    private val tenure: Tenure,
    private val raw: MemorySegment,
    word: Int,
) : AutoCloseable {
    // Three fields, 24 bytes: what only some leases have, an owner or a trace, stands in their tenure. This one is what
    // the block is (PackedBlock.word) while the lease is open, and its complement, which is negative, once it is
    // closed; while a close that may still be refused is at work, that without the bit CLOSING.
    @Volatile
    private var state = 0

    init {
        // Not a volatile store: that would be a fence of its own, as dear as the one that the close needs.
        STATE.lazySet(this, word)
    }

    /** The pool that this was rented from. */
    public val pool: MemoryPool get() = tenure.owner as MemoryPool

    /** Who closes this when nobody did before, if anybody. */
    @get:JvmSynthetic
    internal val leaseOwner: LeaseOwner? get() = tenure.leaseOwner

    /** How many bytes the block has, with which the pool's figures count it. */
    @get:JvmSynthetic
    internal val blockBytes: Long get() = state.let { tenure.bytesOf(if (it < 0) (it or CLOSING).inv() else it) }

    /** How many bytes were asked for. The view has exactly as many: no neighbour is reachable. */
    public val size: Long get() = raw.byteSize()

    /** Whether the lease has ended. Another thread may end it at any moment: for diagnosis only. */
    public val isClosed: Boolean get() = state.let { it < 0 && it and CLOSING != 0 }

    /**
     * The bytes.
     *
     * @throws LeaseClosedException when the lease has ended
     */
    @get:JvmSynthetic
    public val segment: Segment get() = Segment.of(asMemorySegment())

    /**
     * The bytes as the platform's type: the named crossing, and what Java uses.
     *
     * @throws LeaseClosedException when the lease has ended
     */
    public fun asMemorySegment(): MemorySegment {
        if (state < 0) refuse()
        return raw
    }

    /**
     * The bytes as a byte buffer in native order, for channels, asynchronous ones too; at most 2 GiB.
     *
     * @throws LeaseClosedException when the lease has ended
     * @throws SegmentSizeException when the lease is larger than a byte buffer can be
     */
    public fun asByteBuffer(): ByteBuffer = segment.asByteBuffer().order(java.nio.ByteOrder.nativeOrder())

    /**
     * The [length] bytes from [offset] for an operation that goes on by itself: nobody else has them before the pin is closed, also
     * when somebody closes the lease meanwhile. That refuses while there is a pin when the lease has an arena of its own.
     */
    @JvmSynthetic
    internal fun pinned(offset: Long, length: Long): LeasePin {
        val range = segment.slice(offset, length)
        val buffer = Segment.of(Platform.current.view(range.address, length, null)).asByteBuffer()
        if (!tenure.pin()) refuse()
        if (state < 0) {
            // Closed before the pin, or while it was made: either way nothing has begun.
            tenure.unpin()
            refuse()
        }
        return LeasePin(tenure, buffer)
    }

    /**
     * Moves the charge of the lease's block from the pool's budget to [budget]: another subsystem pays for it from here
     * on.
     *
     * Budgets above both are not touched, so the bytes never count twice there. When the new lease ends, the pool's
     * budget pays again; if that has no room by then, [budget] goes on paying until the pool next gives memory back to
     * the system ([MemoryPool.trim] does), so that no limit is passed.
     *
     * **Ownership.** Answers a new lease over the same bytes, which the caller closes, and ends this one without giving
     * its block back. Of a transfer and closes that race, one wins: either the block goes back and this throws, or
     * the closes do nothing. Also a scope does not close the new lease.
     * **Threads.** Any.
     * **Views** that were taken from this lease go on as long as the new lease's: they show the same bytes. Then what
     * is said of kept views holds for them.
     * **Zeroed.** The bytes stay as they are.
     * **Cost.** Some hundred nanoseconds, and a few objects.
     *
     * @throws BudgetExceededException when [budget], or one between it and what is above both, has no room; nothing has
     *   changed then
     * @throws BudgetClosedException when [budget] is closed; nothing has changed then
     * @throws LeaseClosedException when the lease has ended, also when another thread was faster
     */
    public fun transferTo(budget: MemoryBudget): SharedLease {
        val word = state
        if (word < 0) refuse()
        val charge = BudgetTransfers.prepare(pool, tenure.charge, tenure.bytesOf(word), size, budget)
        val next = try {
            heirOf(charge, word)
        } catch (failure: Throwable) {
            charge.cancel()
            throw failure
        }
        if (next == null) {
            charge.cancel()
            refuse()
        }
        charge.commit()
        tenure.ended()
        return next
    }

    /** The lease that follows this one, which is closed when this returns; null when a close was faster. */
    private fun heirOf(charge: Charge, word: Int): SharedLease? {
        val follower = tenure.chargedTo(charge)
        val traced = if (tenure.trace == null) null else LeaseTrace.start(tenure.poolName, size)
        val heir = SharedLease(if (traced == null) follower else WatchedTenure(follower, null, traced), raw, word)
        if (traced != null) LeaseTrace.watch(heir, traced)
        // The word tells closes that come later; the claim tells those that have read the word already.
        if (STATE.compareAndSet(this, word, word.inv()) && tenure.claim(word)) return heir
        traced?.ended()
        return null
    }

    /**
     * Ends the lease from any thread. Closing again, also at the same time, does nothing.
     *
     * @throws IllegalStateException while a native call or an input/output operation is using a lease that has an arena
     *   of its own (a mebibyte or more, or no quarantine); the lease stays open
     */
    override fun close() {
        val word = state
        if (word < 0) return if (word and CLOSING == 0) closeAfterOther() else Unit
        if (tenure.exact) return closeExactly(word)
        // A plain store, so that a close waits for no write to the leased memory. Of closes that race, several may come
        // this far; the epoch knows which ticket it has seen, and counts one.
        STATE.lazySet(this, word.inv())
        tenure.end(raw.address(), word, raw.byteSize())
    }

    private fun closeExactly(word: Int) {
        if (!STATE.compareAndSet(this, word, word.inv() xor CLOSING)) return close()
        try {
            tenure.end(raw.address(), word, raw.byteSize())
        } catch (busy: IllegalStateException) {
            state = word
            throw busy
        } catch (failure: Throwable) {
            // The lease stays closed, so whoever keeps books on it must hear.
            state = word.inv()
            tenure.ended()
            throw failure
        }
        // Without a fence: who finds the close still at work waits a moment longer.
        STATE.lazySet(this, word.inv())
        tenure.ended()
    }

    // Another close may be refused yet: whoever returned before it was known would believe that the lease had ended.
    private fun closeAfterOther() {
        while (state.let { it < 0 && it and CLOSING == 0 }) Thread.yield()
        close()
    }

    private fun refuse(): Nothing = throw LeaseRefusals.closed(
        tenure.poolName,
        size,
        "SharedLease",
        tenure.leaseOwner?.describe(null),
        tenure.trace,
    )

    /** The size, the pool, and whether it is closed, for logs. */
    override fun toString(): String =
        "SharedLease($size bytes of pool '${tenure.poolName}'${if (isClosed) ", closed" else ""})"

    private companion object {
        /** Not in any word (PackedBlock has 20 bits), so in the complement of each. */
        const val CLOSING = 1 shl 30

        @JvmField
        val STATE: AtomicIntegerFieldUpdater<SharedLease> =
            AtomicIntegerFieldUpdater.newUpdater(SharedLease::class.java, "state")
    }
}
