package dev.leasehold.memory.internal.access

import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

private const val BYTE_VALUES = 256

/** Sorts bytes by counting them: there are few values, so this is linear and needs nothing but the counters. */
internal fun sortBytes(raw: MemorySegment) {
    val counts = LongArray(BYTE_VALUES)
    for (offset in 0 until raw.byteSize()) counts[raw.get(JAVA_BYTE, offset) - Byte.MIN_VALUE]++
    var offset = 0L
    for (value in 0 until BYTE_VALUES) {
        raw.asSlice(offset, counts[value]).fill((value + Byte.MIN_VALUE).toByte())
        offset += counts[value]
    }
}
