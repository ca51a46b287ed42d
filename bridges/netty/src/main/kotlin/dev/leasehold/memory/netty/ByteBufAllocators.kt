@file:JvmName("LeaseholdNetty")

package dev.leasehold.memory.netty

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.netty.internal.NettyVersion

/**
 * Netty's buffers on the memory of this pool: what to give to `ChannelOption.ALLOCATOR`, once. For Java
 * `LeaseholdNetty.asByteBufAllocator(pool)`.
 *
 * **Ownership.** The allocator owns nothing; close the pool when its buffers have been released.
 * **Threads.** Any.
 *
 * @param preferDirect whether a buffer that is asked for without saying where is of the pool, and not on the heap
 * @throws IllegalStateException when Netty is absent, or another one than 4.2
 */
@JvmOverloads
public fun MemoryPool.asByteBufAllocator(preferDirect: Boolean = true): LeaseholdByteBufAllocator {
    NettyVersion.require()
    return LeaseholdByteBufAllocator(this, preferDirect)
}
