@file:OptIn(UnsafeIoApi::class)

package dev.leasehold.memory.io.internal

import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.copyTo
import kotlinx.io.Buffer
import kotlinx.io.UnsafeIoApi
import kotlinx.io.unsafe.UnsafeBufferOperations

/** As much as kotlinx-io moves at a time: the size of its buffers' arrays. */
internal const val CHUNK: Long = 8192

/**
 * Copies up to [length] bytes of [segment] from [offset] on into the last array of this buffer, and returns how many
 * fitted. When the segment refuses, the buffer is as it was.
 */
internal fun Buffer.appendFrom(segment: Segment, offset: Long, length: Long): Long {
    var refusal: MemoryException? = null
    val count = UnsafeBufferOperations.writeToTail(this, 1) { bytes, start, end ->
        val count = minOf(length, (end - start).toLong())
        // Nothing is thrown in here, where that would leave an empty array behind.
        try {
            segment.copyTo(bytes, start, offset, count)
            count.toInt()
        } catch (refused: MemoryException) {
            refusal = refused
            0
        }
    }
    refusal?.let { throw it }
    return count.toLong()
}

/**
 * Moves up to [length] bytes from the front of this buffer to [segment], behind its first [offset], and returns how
 * many there were. When the segment refuses, the buffer keeps what was not moved.
 */
internal fun Buffer.moveTo(segment: Segment, offset: Long, length: Long): Long {
    val count = minOf(size, length)
    var copied = 0L
    while (copied < count) {
        copied += UnsafeBufferOperations.readFromHead(this) { bytes, start, end ->
            val part = minOf(count - copied, (end - start).toLong()).toInt()
            segment.copyFrom(bytes, start, offset + copied, part)
            part
        }
    }
    return count
}
