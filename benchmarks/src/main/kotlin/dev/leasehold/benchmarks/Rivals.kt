package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryHolder
import dev.leasehold.memory.Segment
import io.netty.buffer.AdaptiveByteBufAllocator
import io.netty.buffer.ByteBuf
import io.netty.buffer.ByteBufAllocator
import io.netty.buffer.PooledByteBufAllocator

/** Netty's pooled allocator as it ships: thread caches on its fast threads, leak detection that samples. */
internal val nettyPooledAllocator: ByteBufAllocator = PooledByteBufAllocator.DEFAULT

/**
 * Netty's adaptive allocator at its best: with the magazines of one thread that it otherwise gives to event loops
 * only. Leak detection samples, as shipped.
 */
internal val nettyAdaptiveAllocator: ByteBufAllocator = AdaptiveByteBufAllocator(true, true)

/** What every rival does with its memory between getting it and giving it back. */
internal fun MemoryHolder.writeAndRead(value: Int): Int = withSegment { it.writeAndRead(value) }

internal fun Segment.writeAndRead(value: Int): Int {
    setInt(0, value)
    return getInt(0)
}

/** Makes every page resident, if pages have 4 KiB or more. */
internal fun Segment.touchEachPage() {
    for (offset in 0 until size step PAGE) setByte(offset, 1)
    setByte(size - 1, 1)
}

/** The same for a buffer of Netty's. */
internal fun ByteBuf.touchEachPage() {
    for (offset in 0 until capacity() step PAGE.toInt()) {
        val _ = setByte(offset, 1)
    }
    val _ = setByte(capacity() - 1, 1)
}

/** Writes an int at the end, which makes its page resident, and reads the first. */
internal fun Segment.writeAtEnd(): Int {
    setInt(size - Int.SIZE_BYTES, 1)
    return getInt(0)
}

/** Gets [size] bytes from Netty, writes an int, reads it, gives them back. */
internal fun ByteBufAllocator.rentWriteReadRelease(size: Int, value: Int): Int {
    val buffer = directBuffer(size)
    try {
        val _ = buffer.setInt(0, value)
        return buffer.getInt(0)
    } finally {
        buffer.giveBack()
    }
}

/** Releases the only reference. */
internal fun ByteBuf.giveBack() {
    check(release()) { "the buffer has another holder" }
}

private const val PAGE = 4096L
