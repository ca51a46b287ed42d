@file:JvmSynthetic

package dev.leasehold.memory.internal.typed

import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED

// Bits are read and written with the whole word that they are part of, so that bit 0 is the lowest of the word's value
// in either byte order, as C compilers and masks have it.

/** The greatest value of [width] bits, all of them ones. */
internal fun maskOf(width: Int): Long = (1L shl width) - 1

/** The bits that [key] describes, of the word at [offset] of [raw]. */
internal fun bitsAt(raw: MemorySegment, offset: Long, key: Long): Long =
    wordAt(raw, offset, wordShiftIn(key)) ushr firstBitIn(key) and maskOf(widthIn(key))

/** Sets these bits to [value], which fits, and leaves the others of the word as they are. */
internal fun setBitsAt(raw: MemorySegment, offset: Long, key: Long, value: Long) {
    val shift = wordShiftIn(key)
    val others = wordAt(raw, offset, shift) and (maskOf(widthIn(key)) shl firstBitIn(key)).inv()
    setWordAt(raw, offset, shift, others or (value shl firstBitIn(key)))
}

private fun wordAt(raw: MemorySegment, offset: Long, shift: Int): Long = when (shift) {
    0 -> raw.get(JAVA_BYTE, offset).toLong()
    1 -> raw.get(JAVA_SHORT_UNALIGNED, offset).toLong()
    2 -> raw.get(JAVA_INT_UNALIGNED, offset).toLong()
    else -> raw.get(JAVA_LONG_UNALIGNED, offset)
}

private fun setWordAt(raw: MemorySegment, offset: Long, shift: Int, word: Long): Unit = when (shift) {
    0 -> raw.set(JAVA_BYTE, offset, word.toByte())
    1 -> raw.set(JAVA_SHORT_UNALIGNED, offset, word.toShort())
    2 -> raw.set(JAVA_INT_UNALIGNED, offset, word.toInt())
    else -> raw.set(JAVA_LONG_UNALIGNED, offset, word)
}
