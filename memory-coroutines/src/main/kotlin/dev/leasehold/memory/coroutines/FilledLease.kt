package dev.leasehold.memory.coroutines

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease

/**
 * A lease of which the first [length] bytes have been filled, as [readLeases] emits them.
 *
 * **Ownership.** As the [lease]: its owner closes it, or this, which is the same.
 * **Threads.** Any.
 *
 * @property lease the whole lease: `lease.move()` takes it out of the flow that emitted it
 * @property length how many bytes are filled
 * @throws IllegalArgumentException when [length] is negative or above the size of the lease
 */
public class FilledLease(public val lease: SharedLease, public val length: Long) : AutoCloseable {
    init {
        require(length in 0..lease.size) { "a lease of ${lease.size} bytes cannot be filled with $length bytes" }
    }

    /**
     * [SharedLease.withSegment] of the bytes that are filled.
     *
     * @return what [action] returns
     * @throws dev.leasehold.memory.LeaseClosedException when the lease has ended
     */
    @JvmSynthetic
    @Suppress("NOTHING_TO_INLINE")
    public inline fun <R> withSegment(noinline action: (Segment) -> R): R =
        lease.withSegment { action(it.slice(0, length)) }

    /**
     * The bytes that are filled, as a view that may be kept: see [SharedLease.keptSegment].
     *
     * @throws dev.leasehold.memory.LeaseClosedException when the lease has ended
     */
    @get:JvmSynthetic
    public val keptSegment: Segment get() = lease.keptSegment.slice(0, length)

    /**
     * Closes the [lease].
     *
     * @throws dev.leasehold.memory.MemoryBusyException while a native call or an input/output operation is using it; it
     *   stays open
     */
    override fun close(): Unit = lease.close()

    /** The length and the lease, for logs. */
    override fun toString(): String = "FilledLease($length of $lease)"
}
