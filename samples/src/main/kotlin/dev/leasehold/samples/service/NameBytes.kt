package dev.leasehold.samples.service

import dev.leasehold.memory.ByteOrder
import dev.leasehold.memory.Segment

/** What can be done with a name where it lies, eight bytes at a time and without a string. */
internal object NameBytes {
    private const val LOW_BITS = 0x0101_0101_0101_0101L
    private const val HIGH_BITS = LOW_BITS shl 7
    private const val SEPARATORS = LineFormat.SEPARATOR * LOW_BITS
    private const val MULTIPLIER = -0x61c8_8646_80b5_83ebL

    /** The eight bytes at [offset], the first of them lowest whatever the machine. */
    fun word(bytes: Segment, offset: Long): Long = bytes.getLong(offset, ByteOrder.LITTLE_ENDIAN)

    /**
     * Marks the first `;` in [word] with its byte's highest bit, or is 0 when there is none. Marks above the first
     * one mean nothing (the test for a zero byte is Mycroft's, 1987).
     */
    fun separatorIn(word: Long): Long {
        val zeroed = word xor SEPARATORS
        return (zeroed - LOW_BITS) and zeroed.inv() and HIGH_BITS
    }

    /** The bytes of [word] below the first one that [mark] marks; the rest zero. */
    fun before(mark: Long, word: Long): Long = word and ((mark and -mark) ushr 7) - 1

    /** The first [count] bytes of [word], 0 to 7 of them; the rest zero. */
    fun first(count: Int, word: Long): Long = word and (1L shl (count shl 3)) - 1

    /** Takes one more word of a name into its hash. */
    fun mix(hash: Long, word: Long): Long {
        val product = (hash xor word) * MULTIPLIER
        return product xor (product ushr 29)
    }

    /**
     * Orders the names at [left] and [right] as `String.compareTo` orders them: by UTF-16 units. That is the order of
     * the UTF-8 bytes, except that the surrogates of characters beyond U+FFFF come before U+E000 to U+FFFF.
     */
    fun compare(bytes: Segment, left: Long, leftLength: Int, right: Long, rightLength: Int): Int {
        for (i in 0L until minOf(leftLength, rightLength)) {
            val l = bytes.getByte(left + i).toInt() and 0xFF
            val r = bytes.getByte(right + i).toInt() and 0xFF
            if (l != r) return utf16Rank(l) - utf16Rank(r)
        }
        return leftLength - rightLength
    }

    /** Lead bytes EE and EF (U+E000 to U+FFFF) move behind F0 to F4 (beyond U+FFFF). */
    private fun utf16Rank(byte: Int): Int = if (byte == 0xEE || byte == 0xEF) byte + 0x10 else byte
}
