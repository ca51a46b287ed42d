package program

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.netty.LeaseholdByteBufAllocator
import dev.leasehold.memory.netty.asByteBufAllocator
import io.netty.buffer.ByteBuf
import io.netty.buffer.ByteBufUtil
import io.netty.buffer.Unpooled
import java.nio.ByteBuffer
import java.nio.channels.Pipe

/** Uses buffers in all the ways in which they reach their bytes; prints `all is back` at the end. */
fun main() {
    MemoryPool.isolated("everywhere").use { pool ->
        val allocator = pool.asByteBufAllocator()
        val buffer = allocator.buffer(16)
        repeat(100) { buffer.writeLong(it * 7L).writeMediumLE(it).writeShort(it).writeInt(it).writeFloat(it / 3f) }
        copies(allocator, buffer)
        channels(buffer)
        buffer.capacity(40)
        check(buffer.getLong(0) == 0L && buffer.getLong(21) == 7L)
        val lease = allocator.detach(buffer)
        val again = allocator.wrap(lease)
        check(again.memoryAddress() == lease.address && again.getMediumLE(29) == 1)
        check(again.release() && lease.isClosed)
        check(pool.stats().used == 0L) { "${pool.stats()}" }
    }
    println("all is back")
}

private fun copies(allocator: LeaseholdByteBufAllocator, buffer: ByteBuf) {
    val size = buffer.readableBytes()
    val composite = allocator.compositeBuffer().addComponent(true, allocator.buffer(size).writeZero(size)).clear()
    val others = listOf(allocator.buffer(size), allocator.heapBuffer(size), Unpooled.directBuffer(size), composite)
    for (other in others) {
        check(ByteBufUtil.equals(other.writeBytes(buffer, 0, size), buffer))
        val back = allocator.buffer(size).writeBytes(other)
        check(ByteBufUtil.equals(back, buffer) && back.release() && other.release())
    }
    val direct = ByteBuffer.allocateDirect(size)
    buffer.getBytes(0, direct)
    check(direct.flip() == buffer.nioBuffer())
    val copy = buffer.copy()
    copy.setBytes(0, direct).setZero(size - 8, 8)
    check(copy.getLong(size - 8) == 0L && copy.release())
    val text = allocator.buffer(4)
    check(text.writeCharSequence("Grüße, 世界", Charsets.UTF_8) == text.readableBytes())
    check(text.toString(Charsets.UTF_8) == "Grüße, 世界" && text.release())
}

private fun channels(buffer: ByteBuf) {
    val pipe = Pipe.open()
    pipe.sink().use { sink ->
        pipe.source().use { source ->
            check(buffer.getBytes(0, sink, 50) == 50)
            val received = buffer.alloc().buffer(50)
            check(received.writeBytes(source, 50) == 50)
            check(ByteBufUtil.equals(received, 0, buffer, 0, 50) && received.release())
        }
    }
}
