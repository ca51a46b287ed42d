package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.engine.Waiter
import dev.leasehold.memory.internal.platform.Ending
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.WaitEnd
import dev.leasehold.memory.internal.platform.endWith

/**
 * One wait in the line of a pool that takes no thread: of a coroutine, a future, or an event loop.
 * Any thread.
 *
 * @param wake called once, without a lock and soon, when the wait has been served or the pool was closed: by the thread
 *   that gave memory back, or by the library's background thread ([isBackground])
 */
@InternalMemoryApi
public class LineWait(private val pool: MemoryPool, size: Long, owner: LeaseOwner?, wake: () -> Unit) {
    private val request = Request(size, attachment = owner?.let { OwnerAttachment(it, null) })
    private val since = System.nanoTime()

    // Who records the wait, if anyone does. Written before it joins.
    private var record: Ending<WaitEnd>? = null
    private val waiter: Waiter = pool.engine.waiterFor(request, null) {
        ended(endOfServed())
        pool.engine.state.leaf.deliver()
        wake()
    }

    /** Enters the line; the wait may be over when this returns. */
    public fun join() {
        record = Events.begin { it.waiting(pool.name, request.size) }
        try {
            pool.engine.join(waiter)
        } catch (failure: Throwable) {
            ended(WaitEnd.FAILED)
            throw failure
        }
    }

    /** Leaves the line with [outcome]; false when the wait was over before, and `wake` is called. */
    public fun leave(outcome: WaitOutcome): Boolean = pool.engine.line.leave(waiter).also { if (it) ended(outcome.end) }

    /**
     * The lease that the wait was served, to be taken once, after `wake`.
     *
     * @throws dev.leasehold.memory.PoolClosedException when the pool was closed instead
     */
    public fun lease(): SharedLease = pool.sharedLease(waiter.taken, request)

    private fun endOfServed() = when {
        waiter.taken != null -> WaitEnd.SERVED
        waiter.refused -> WaitEnd.CLOSED
        else -> WaitEnd.FAILED
    }

    /** The wait is over: it was woken, or has left, or failed to join. Comes once. */
    private fun ended(end: WaitEnd) {
        pool.engine.line.waits.count(end, System.nanoTime() - since)
        record.endWith { end }
    }
}
