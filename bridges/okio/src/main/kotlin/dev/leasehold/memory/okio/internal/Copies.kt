package dev.leasehold.memory.okio.internal

import dev.leasehold.memory.Segment
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.copyTo
import okio.Buffer

/** As much as Okio moves at a time: the size of its buffers' arrays. */
internal const val CHUNK: Long = 8192

/**
 * Copies up to [length] bytes of [segment] from [offset] on into the last array of this buffer, and returns how many
 * fitted. When the segment refuses, the buffer is as it was.
 */
internal fun Buffer.appendFrom(segment: Segment, offset: Long, length: Long, cursor: Buffer.UnsafeCursor): Long {
    val before = size
    var copied = 0L
    val _ = readAndWriteUnsafe(cursor)
    try {
        val room = cursor.expandBuffer(1)
        val count = minOf(room, length)
        segment.copyTo(cursor.data!!, cursor.start, offset, count)
        copied = count
    } finally {
        val _ = cursor.resizeBuffer(before + copied)
        cursor.close()
    }
    return copied
}

/**
 * Moves up to [length] bytes from the front of this buffer to [segment], behind its first [offset], and returns how
 * many there were. When the segment refuses, the buffer keeps them.
 */
internal fun Buffer.moveTo(segment: Segment, offset: Long, length: Long): Long {
    val count = minOf(size, length)
    if (count == 0L) return 0
    readUnsafe().use { cursor ->
        var copied = 0L
        while (copied < count) {
            val there = cursor.next()
            val part = minOf(there.toLong(), count - copied).toInt()
            segment.copyFrom(cursor.data!!, cursor.start, offset + copied, part)
            copied += part
        }
    }
    skip(count)
    return count
}
