@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.explain
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.outOfBounds
import java.lang.foreign.MemorySegment

/**
 * Runs [action] with the offset of the element at [index] of [raw], which has `1 shl shift` bytes, and explains the
 * JVM's refusal if there is one.
 */
internal inline fun <R> accessElement(raw: MemorySegment, index: Long, shift: Int, action: (Long) -> R): R = try {
    action(elementOffset(index, shift))
} catch (failure: RuntimeException) {
    throw explainElement(failure, raw, index, shift)
}

/**
 * An index too large to be a byte offset must not wrap round to a valid one, and the JVM's own check sees only the
 * offset. In a counted loop C2 proves the comparison and drops it; elsewhere it costs nothing that can be measured.
 */
@Suppress("NOTHING_TO_INLINE")
internal inline fun elementOffset(index: Long, shift: Int): Long {
    val offset = index shl shift
    if (offset shr shift != index) throw IndexOutOfBoundsException()
    return offset
}

/** The exception to throw for [failure], which an access of the element at [index] of [raw] met. */
internal fun explainElement(failure: RuntimeException, raw: MemorySegment, index: Long, shift: Int): RuntimeException {
    val length = 1L shl shift
    if (failure !is IndexOutOfBoundsException) return explain(failure, raw, index shl shift, length)
    val count = grouped(raw.byteSize() shr shift)
    val what = "index ${grouped(index)} is outside of $count elements: "
    return outOfBounds(offsetOf(index, shift), length, raw.byteSize(), what)
}

// The offset of an element, or the nearest that a long can hold.
private fun offsetOf(index: Long, shift: Int): Long {
    val last = Long.MAX_VALUE shr shift
    return index.coerceIn(-last, last) shl shift
}

/** [raw], once it is certain that it holds a whole number of elements of [elementSize] bytes. */
internal fun requireWhole(raw: MemorySegment, elementSize: Int, elements: String): MemorySegment {
    val size = raw.byteSize()
    if (size % elementSize == 0L) return raw
    throw SegmentSizeException(
        "A segment of ${bytes(size)} holds no whole number of $elements of ${bytes(elementSize.toLong())}; slice it " +
            "to ${bytes(size - size % elementSize)} first",
        size,
    )
}

/** The part of [raw] that holds the elements from [fromIndex] up to [toIndex], each of `1 shl shift` bytes. */
internal fun elementSlice(raw: MemorySegment, fromIndex: Long, toIndex: Long, shift: Int): MemorySegment {
    val size = raw.byteSize() shr shift
    if (fromIndex in 0..toIndex && toIndex <= size) {
        return raw.asSlice(fromIndex shl shift, toIndex - fromIndex shl shift)
    }
    val offset = offsetOf(fromIndex, shift)
    throw outOfBounds(offset, offsetOf(toIndex, shift) - offset, raw.byteSize())
}
