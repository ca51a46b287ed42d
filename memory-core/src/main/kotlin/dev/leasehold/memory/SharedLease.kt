@file:JvmSynthetic

package dev.leasehold.memory

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.OwnerMessages
import dev.leasehold.memory.internal.cache.Bias
import dev.leasehold.memory.internal.cache.biasOf
import dev.leasehold.memory.internal.engine.HeldSource
import dev.leasehold.memory.internal.engine.watch
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.bytes

/**
 * Temporary tenure of a pooled block that any thread may use and close, from `pool.rentShared(size)`.
 *
 * **Ownership.** Its holder closes it; racing closes give the block back once, and closing again does nothing.
 * **Threads.** Any. What one thread wrote before it handed the lease over is seen by the thread that takes it.
 * **Zeroed.** Only when the pool's [Hygiene] says so.
 * **Views.** [withSegment] for the bytes; [keptSegment] where a view must be kept. See [MemoryHolder].
 * **After the close** the lease refuses at once. A [withSegment] that is running on another thread keeps the memory
 * until it returns.
 */
public class SharedLease internal constructor(
    /** The pool that this was rented from. */
    public val pool: MemoryPool,
    bias: Bias?,
    generation: Int,
    source: HeldSource,
    address: Long,
    size: Long,
    kind: Int,
    attachment: Attachment?,
) : MemoryHolder(bias, generation, source, address, size, kind, attachment) {
    /**
     * Moves the charge of the lease's block from the pool's budget to [budget], as [Lease.transferTo] does.
     *
     * **Ownership.** Returns a new lease over the same bytes, which the caller closes, and ends this one without giving
     * its block back. Of a transfer and closes that race, one wins: either the block goes back and this throws, or
     * the closes do nothing. A scope does not close the new lease.
     * **Threads.** Any.
     * **Views.** A [kept view][keptSegment] of this lease goes on as long as the new lease's: it shows the same bytes.
     * **Zeroed.** The bytes stay as they are.
     * **Cost.** Some hundred nanoseconds, and a few objects.
     *
     * @throws BudgetExceededException when [budget], or one between it and what is above both, has no room; nothing has
     *   changed then
     * @throws BudgetClosedException when [budget] is closed; nothing has changed then
     * @throws LeaseClosedException when the lease has ended, also when another thread was faster
     * @throws MemoryBusyException while a [withSegment] or an input/output operation uses the bytes; nothing changes
     */
    public fun transferTo(budget: MemoryBudget): SharedLease {
        if (hasEnded) refuseClosed("transferred")
        val charge = budget.prepareTransfer(attachment?.charge, source.state, blockBytes, size)
        val next = try {
            successor(Attachment().also { it.charge = charge })
        } catch (failure: Throwable) {
            charge.cancel()
            throw failure
        }
        charge.commit()
        attachment?.ended()
        return next
    }

    /** The lease that follows this one, which has ended when this returns. */
    private fun successor(attached: Attachment): SharedLease {
        if (attachment?.trace != null) attached.trace = source.state.traces.start(size)
        val next = SharedLease(pool, null, 0, source, start, size, code, attached)
        attached.watch(next.lostMemory())
        if (!tryLock(1, scopes = 0)) {
            attached.trace?.takenBack()
            if (hasEnded) refuseClosed("transferred")
            throw MemoryBusyException(OwnerMessages.inUse(describe(), owner), owner.name, size)
        }
        next.takeView(this)
        end()
        return next
    }

    /**
     * Ends the lease from any thread. Closing again, also at the same time, does nothing.
     *
     * @throws MemoryBusyException while a native call or an input/output operation uses a [kept view][keptSegment] that
     *   has to be cut off now; the lease stays open
     */
    override fun close() {
        val left = freeingLast { releaseOne() }
        if (left == MORE) attachment?.trace?.ended()
    }

    internal override fun describe(): String = "SharedLease of ${bytes(size)}"

    internal override fun refuseClosed(verb: String): Nothing =
        throw closedLease(owner, "SharedLease", size, attachment)

    /** The size, the pool, and whether it is closed, for logs. */
    override fun toString(): String =
        "SharedLease(${bytes(size)} of pool '${pool.name}'${if (isClosed) ", closed" else ""})"
}

/** Makes a lease of the block at [address] for any thread. */
internal fun sharedLeaseOf(
    pool: MemoryPool,
    bias: Bias?,
    source: HeldSource,
    address: Long,
    code: Int,
    size: Long,
    attachment: Attachment?,
): SharedLease {
    if (pool.special) return specialSharedLeaseOf(pool, source, address, code, size, attachment)
    val generation = bias?.generationOfNext() ?: 0
    val lease = SharedLease(pool, biasOf(bias, generation), generation, source, address, size, code, attachment)
    if (attachment != null) source.watch(attachment, address, code, size)
    return lease
}

private fun specialSharedLeaseOf(
    pool: MemoryPool,
    source: HeldSource,
    address: Long,
    code: Int,
    size: Long,
    attachment: Attachment?,
): SharedLease {
    val attached = pool.begin(Platform.current.view(address, size, null), attachment)
    val lease = SharedLease(pool, null, 0, source, address, size, code, attached)
    attached?.watch(lease.lostMemory())
    return lease
}
