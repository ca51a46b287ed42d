@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease
import java.nio.ByteBuffer
import java.util.concurrent.atomic.AtomicBoolean

/**
 * Bytes of a shared lease that an asynchronous operation uses: until this is closed the memory is no other lease's,
 * also when the lease is closed meanwhile.
 *
 * The platform's own channels hold the arena of a buffer for as long as an operation is pending, to the same end. But
 * on Unix they forget to let go of it when the operation fails (`UnixAsynchronousSocketChannelImpl.finishRead` of JDK
 * 25: the scopes are released only where nothing is thrown), as it does when the peer dies or the channel is closed.
 * One such buffer keeps an arena from closing for ever. Therefore the buffer here has no arena, and a hold of the lease
 * stands in for it.
 */
@InternalMemoryApi
public class LeasePin internal constructor(
    private val lease: SharedLease,
    private val buffer: ByteBuffer,
) : AutoCloseable {
    private val released = AtomicBoolean()

    /** The bytes. Not to be used after [close]: nothing would refuse. */
    public fun asByteBuffer(): ByteBuffer = buffer

    /** The operation has ended, and its buffer is not used any more. Closing again does nothing. */
    override fun close() {
        if (released.compareAndSet(false, true)) lease.leave()
    }
}

/** Pins the [length] bytes from [offset]. */
@InternalMemoryApi
public fun SharedLease.pin(offset: Long, length: Long): LeasePin {
    enter()
    try {
        return LeasePin(this, Segment.of(viewIn(null)).slice(offset, length).asByteBuffer())
    } catch (failure: Throwable) {
        leave()
        throw failure
    }
}
