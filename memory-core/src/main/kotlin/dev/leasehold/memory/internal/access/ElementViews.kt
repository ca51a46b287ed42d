package dev.leasehold.memory.internal.access

import dev.leasehold.memory.MAX_ARRAY_SIZE
import dev.leasehold.memory.SegmentSizeException
import java.lang.foreign.MemorySegment

/** [raw], once it is certain that it holds a whole number of elements of [elementSize] bytes. */
internal fun requireWhole(raw: MemorySegment, elementSize: Int, elements: String): MemorySegment {
    val size = raw.byteSize()
    if (size % elementSize == 0L) return raw
    throw SegmentSizeException(
        "A segment of $size bytes holds no whole number of $elements of $elementSize bytes; slice it to " +
            "${size - size % elementSize} bytes first",
        size,
    )
}

/** [raw], once it is certain that an [array] of elements of `1 shl shift` bytes can hold a copy. */
internal fun requireArraySize(raw: MemorySegment, shift: Int, array: String): MemorySegment {
    val bound = MAX_ARRAY_SIZE.toLong() shl shift
    if (raw.byteSize() > bound) throw AccessFailures.tooLarge(raw.byteSize(), array, bound)
    return raw
}

/** The part of [raw] that holds the elements from [fromIndex] up to [toIndex], each of `1 shl shift` bytes. */
internal fun elementSlice(raw: MemorySegment, fromIndex: Long, toIndex: Long, shift: Int): MemorySegment {
    val size = raw.byteSize() shr shift
    if (fromIndex in 0..toIndex &&
        toIndex <= size
    ) {
        return raw.asSlice(fromIndex shl shift, toIndex - fromIndex shl shift)
    }
    val last = Long.MAX_VALUE shr shift
    val offset = fromIndex.coerceIn(-last, last) shl shift
    val end = toIndex.coerceIn(-last, last) shl shift
    throw AccessFailures.bounds(offset, end - offset, raw.byteSize())
}
