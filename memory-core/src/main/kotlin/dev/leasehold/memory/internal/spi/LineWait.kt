package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.engine.Waiter

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
    private val waiter: Waiter = pool.engine.waiterFor(request, null) {
        pool.engine.state.leaf.deliver()
        wake()
    }

    /** Enters the line; the wait may be over when this returns. */
    public fun join(): Unit = pool.engine.join(waiter)

    /** Leaves the line; false when the wait was over before, and `wake` is called. */
    public fun leave(): Boolean = pool.engine.line.leave(waiter)

    /**
     * The lease that the wait was served, to be taken once, after `wake`.
     *
     * @throws dev.leasehold.memory.PoolClosedException when the pool was closed instead
     */
    public fun lease(): SharedLease = pool.sharedLease(waiter.taken, request)
}
