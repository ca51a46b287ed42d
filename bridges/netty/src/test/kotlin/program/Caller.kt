package program

import io.netty.buffer.ByteBuf
import io.netty.buffer.ByteBufAllocator

/** A line of the program, as far as reports can tell. */
fun orderBody(allocator: ByteBufAllocator): ByteBuf = allocator.buffer(1000)
