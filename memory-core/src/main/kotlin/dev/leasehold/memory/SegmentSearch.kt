@file:JvmSynthetic

package dev.leasehold.memory

import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED

/**
 * The offset of the first byte that differs from [other]'s, or -1 when all are equal. When one of the two is the
 * beginning of the other, that is the size of the shorter one.
 */
public fun Segment.mismatch(other: Segment): Long =
    accessBoth(raw, 0, other.raw, 0, minOf(size, other.size)) { raw.mismatch(other.raw) }

/** Whether [other] has the same size and the same bytes. */
public fun Segment.contentEquals(other: Segment): Boolean = size == other.size && mismatch(other) == -1L

/**
 * The offset of the first byte equal to [value] at [fromOffset] or after it, or -1 when there is none.
 *
 * Cost: eight bytes are compared at a time.
 *
 * @throws SegmentBoundsException when [fromOffset] is not within `0..size`
 */
public fun Segment.indexOf(value: Byte, fromOffset: Long = 0): Long {
    if (fromOffset !in 0..size) throw outOfBounds(fromOffset, 1, size)
    return access(raw, fromOffset, size - fromOffset) { findByte(raw, value, fromOffset) }
}

private const val LOW_BITS = 0x0101_0101_0101_0101L
private const val HIGH_BITS = LOW_BITS shl 7

/**
 * Looks at whole words while there are any. A word holds the byte if, after it has been turned to zero by the
 * exclusive or, the classical test for a zero byte says so (Mycroft, 1987); which byte it was, the plain loop finds,
 * in either byte order.
 */
private fun findByte(raw: MemorySegment, value: Byte, from: Long): Long {
    val size = raw.byteSize()
    val pattern = (value.toLong() and 0xff) * LOW_BITS
    var offset = from
    while (offset <= size - Long.SIZE_BYTES) {
        val word = raw.get(JAVA_LONG_UNALIGNED, offset) xor pattern
        if ((word - LOW_BITS) and word.inv() and HIGH_BITS != 0L) break
        offset += Long.SIZE_BYTES
    }
    while (offset < size && raw.get(JAVA_BYTE, offset) != value) offset++
    return if (offset < size) offset else -1
}
