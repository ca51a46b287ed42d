package dev.leasehold.benchmarks

import io.netty.buffer.ByteBuf
import io.netty.buffer.ByteBufAllocator
import kotlinx.coroutines.channels.Channel
import java.nio.ByteBuffer

/** [blocks] direct blocks of [size] bytes, made in advance: one is received, used, and sent back. */
internal fun channelOfBlocks(blocks: Int, size: Int): Channel<ByteBuffer> {
    val channel = Channel<ByteBuffer>(blocks)
    repeat(blocks) { channel.giveBack(ByteBuffer.allocateDirect(size)) }
    return channel
}

/** Waits for a block of the channel, and gives it back after [use]. */
internal suspend inline fun Channel<ByteBuffer>.withBlock(use: (ByteBuffer) -> Int): Int {
    val block = receive()
    try {
        return use(block)
    } finally {
        giveBack(block)
    }
}

/** There is room for every block, so that this never waits. */
internal fun Channel<ByteBuffer>.giveBack(block: ByteBuffer) {
    check(trySend(block).isSuccess) { "the channel has no room for a block of its own" }
}

/** Gets [size] bytes from Netty, and gives them back after [use]. */
internal inline fun ByteBufAllocator.withBuffer(size: Int, use: (ByteBuf) -> Int): Int {
    val buffer = directBuffer(size)
    try {
        return use(buffer)
    } finally {
        buffer.giveBack()
    }
}
