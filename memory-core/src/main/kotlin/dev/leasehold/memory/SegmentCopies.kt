@file:JvmSynthetic

package dev.leasehold.memory

import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

/** The JVM refuses arrays of the last few sizes below 2 GiB. */
internal const val MAX_ARRAY_SIZE: Int = Int.MAX_VALUE - 8

/**
 * Copies [length] bytes from [offset] of this segment to [targetOffset] of [target]: by default all from [offset] on.
 * Where the two overlap, [target] ends up with what this segment held before.
 *
 * @throws SegmentBoundsException when either range is not all inside its segment; it names the one at fault, and
 *   nothing is copied
 */
public fun Segment.copyTo(
    target: Segment,
    targetOffset: Long = 0,
    offset: Long = 0,
    length: Long = size - offset,
): Unit = copy(raw, offset, target.raw, targetOffset, length)

/**
 * Copies [length] bytes from [sourceOffset] of [source] to [offset] of this segment: by default all from
 * [sourceOffset] on. Where the two overlap, this segment ends up with what [source] held before.
 *
 * @throws SegmentBoundsException when either range is not all inside its segment; it names the one at fault, and
 *   nothing is copied
 */
public fun Segment.copyFrom(
    source: Segment,
    sourceOffset: Long = 0,
    offset: Long = 0,
    length: Long = source.size - sourceOffset,
): Unit = copy(source.raw, sourceOffset, raw, offset, length)

/**
 * Copies [length] bytes from [offset] of this segment to [targetOffset] of the array [target]: by default all from
 * [offset] on.
 *
 * @throws SegmentBoundsException when either range is not all inside; nothing is copied
 */
public fun Segment.copyTo(
    target: ByteArray,
    targetOffset: Int = 0,
    offset: Long = 0,
    length: Long = size - offset,
): Unit = copy(raw, offset, MemorySegment.ofArray(target), targetOffset.toLong(), length)

/**
 * Copies [length] bytes from [sourceOffset] of the array [source] to [offset] of this segment: by default all from
 * [sourceOffset] on.
 *
 * @throws SegmentBoundsException when either range is not all inside; nothing is copied
 */
public fun Segment.copyFrom(
    source: ByteArray,
    sourceOffset: Int = 0,
    offset: Long = 0,
    length: Int = source.size - sourceOffset,
): Unit = copy(MemorySegment.ofArray(source), sourceOffset.toLong(), raw, offset, length.toLong())

/**
 * A new array with a copy of all the bytes; it is the caller's, and no memory of the segment's owner.
 *
 * @throws SegmentSizeException when the segment is larger than an array can be (2 GiB - 9)
 */
public fun Segment.toByteArray(): ByteArray {
    val whole = requireArraySize(raw, 0, "array")
    return access(whole, 0, size) { whole.toArray(JAVA_BYTE) }
}

/** What all copies come down to; an array takes part as a segment over it. */
internal fun copy(source: MemorySegment, sourceOffset: Long, target: MemorySegment, targetOffset: Long, length: Long) {
    accessBoth(source, sourceOffset, target, targetOffset, length) {
        MemorySegment.copy(source, sourceOffset, target, targetOffset, length)
    }
}
