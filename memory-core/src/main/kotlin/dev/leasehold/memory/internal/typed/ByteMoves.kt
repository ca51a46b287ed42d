@file:JvmSynthetic

package dev.leasehold.memory.internal.typed

import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED

/** Exchanges the [length] bytes at [first] of [raw] and those at [second], which are apart from them or the same. */
internal fun swapBytes(raw: MemorySegment, first: Long, second: Long, length: Long) {
    var done = 0L
    while (done <= length - Long.SIZE_BYTES) {
        val word = raw.get(JAVA_LONG_UNALIGNED, first + done)
        raw.set(JAVA_LONG_UNALIGNED, first + done, raw.get(JAVA_LONG_UNALIGNED, second + done))
        raw.set(JAVA_LONG_UNALIGNED, second + done, word)
        done += Long.SIZE_BYTES
    }
    while (done < length) {
        val byte = raw.get(JAVA_BYTE, first + done)
        raw.set(JAVA_BYTE, first + done, raw.get(JAVA_BYTE, second + done))
        raw.set(JAVA_BYTE, second + done, byte)
        done++
    }
}

/** Copies one value of [width] bytes; those that a primitive has are faster than by the platform's copy. */
internal fun copyValue(source: MemorySegment, from: Long, target: MemorySegment, to: Long, width: Long): Unit =
    when (width) {
        1L -> target.set(JAVA_BYTE, to, source.get(JAVA_BYTE, from))
        2L -> target.set(JAVA_SHORT_UNALIGNED, to, source.get(JAVA_SHORT_UNALIGNED, from))
        4L -> target.set(JAVA_INT_UNALIGNED, to, source.get(JAVA_INT_UNALIGNED, from))
        8L -> target.set(JAVA_LONG_UNALIGNED, to, source.get(JAVA_LONG_UNALIGNED, from))
        else -> MemorySegment.copy(source, from, target, to, width)
    }
