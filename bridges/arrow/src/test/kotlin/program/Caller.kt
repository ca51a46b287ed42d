package program

import org.apache.arrow.memory.ArrowBuf
import org.apache.arrow.memory.BufferAllocator

/** A line of the program, as far as reports can tell. */
fun priceColumn(allocator: BufferAllocator): ArrowBuf = allocator.buffer(1000)
