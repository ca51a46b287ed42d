package dev.leasehold.memory.netty.internal

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.rentShared
import io.netty.buffer.AbstractByteBufAllocator

/**
 * An allocator, as far as its buffers know it. Public only because a public class extends it; the package is not
 * exported.
 */
public abstract class PoolByteBufAllocator internal constructor(
    /** Where the memory comes from. */
    @JvmField internal val memory: MemoryPool,
    preferDirect: Boolean,
) : AbstractByteBufAllocator(preferDirect) {
    /** Rents, and refuses in the way that Netty's channels expect. */
    internal fun rent(size: Int): SharedLease = try {
        memory.rentShared(size.toLong())
    } catch (refusal: MemoryExhaustedException) {
        throw outOfMemory(refusal)
    } catch (refusal: InvalidSizeException) {
        throw outOfMemory(refusal)
    }

    private fun outOfMemory(refusal: MemoryException): Error =
        OutOfMemoryError(refusal.message).also { it.initCause(refusal) }
}
