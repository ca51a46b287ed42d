package dev.leasehold.memory.internal.access

import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED

// Floating-point numbers are sorted as integers. Read as one, a positive number keeps its place, and a negative one,
// whose magnitude counts the wrong way, does so once all bits but the sign are flipped; -0.0 then comes before 0.0.
// Flipping again gives the number back. NaNs are moved to the end first and keep their bits.

/** Sorts in the order of [Float.compareTo]. */
internal fun sortFloats(raw: MemorySegment) {
    val numbers = moveToEndBy(
        raw.byteSize() / Float.SIZE_BYTES,
        isLast = { raw.get(JAVA_FLOAT_UNALIGNED, it shl 2).isNaN() },
        load = { raw.get(JAVA_INT_UNALIGNED, it shl 2).toLong() },
        store = { index, bits -> raw.set(JAVA_INT_UNALIGNED, index shl 2, bits.toInt()) },
    )
    flipNegativeInts(raw, numbers)
    IntSorter(raw).sort(numbers)
    flipNegativeInts(raw, numbers)
}

/** Sorts in the order of [Double.compareTo]. */
internal fun sortDoubles(raw: MemorySegment) {
    val numbers = moveToEndBy(
        raw.byteSize() / Double.SIZE_BYTES,
        isLast = { raw.get(JAVA_DOUBLE_UNALIGNED, it shl 3).isNaN() },
        load = { raw.get(JAVA_LONG_UNALIGNED, it shl 3) },
        store = { index, bits -> raw.set(JAVA_LONG_UNALIGNED, index shl 3, bits) },
    )
    flipNegativeLongs(raw, numbers)
    LongSorter(raw).sort(numbers)
    flipNegativeLongs(raw, numbers)
}

private fun flipNegativeInts(raw: MemorySegment, size: Long) {
    for (index in 0 until size) {
        val bits = raw.get(JAVA_INT_UNALIGNED, index shl 2)
        raw.set(JAVA_INT_UNALIGNED, index shl 2, bits xor (bits shr 31 ushr 1))
    }
}

private fun flipNegativeLongs(raw: MemorySegment, size: Long) {
    for (index in 0 until size) {
        val bits = raw.get(JAVA_LONG_UNALIGNED, index shl 3)
        raw.set(JAVA_LONG_UNALIGNED, index shl 3, bits xor (bits shr 63 ushr 1))
    }
}

/** Swaps the elements that [isLast] names to the end, in any order, and returns how many others there are. */
private inline fun moveToEndBy(
    size: Long,
    isLast: (Long) -> Boolean,
    load: (Long) -> Long,
    store: (Long, Long) -> Unit,
): Long {
    var end = size
    var index = 0L
    while (index < end) {
        if (isLast(index)) {
            end--
            val bits = load(index)
            store(index, load(end))
            store(end, bits)
        } else {
            index++
        }
    }
    return end
}
