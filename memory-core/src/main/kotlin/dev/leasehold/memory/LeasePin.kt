@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory

import dev.leasehold.memory.internal.block.Tenure
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import java.nio.ByteBuffer
import java.util.concurrent.atomic.AtomicBoolean

/**
 * Bytes of a shared lease that an asynchronous operation uses: until this is closed nobody else gets them, whoever closes the lease.
 *
 * The platform's own channels hold the arena of a buffer for as long as an operation is pending, to the same end. But on Unix they
 * forget to let go of it when the operation fails (`UnixAsynchronousSocketChannelImpl.finishRead` of JDK 25: the scopes are released
 * only where nothing is thrown), as it does when the peer dies or the channel is closed. One such buffer keeps an arena from closing
 * for ever, and with it all the blocks of an epoch. Therefore the buffer here has no arena, and the pin stands in for it.
 */
@InternalMemoryApi
public class LeasePin internal constructor(private val tenure: Tenure, private val buffer: ByteBuffer) : AutoCloseable {
    private val released = AtomicBoolean()

    /** The bytes. Not to be used after [close]: nothing would refuse. */
    public fun asByteBuffer(): ByteBuffer = buffer

    /** The operation has ended, and its buffer is not used any more. Closing again does nothing. */
    override fun close() {
        if (released.compareAndSet(false, true)) tenure.unpin()
    }
}
