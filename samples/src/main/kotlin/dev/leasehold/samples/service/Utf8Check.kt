package dev.leasehold.samples.service

import dev.leasehold.memory.Segment

/**
 * Whether bytes are UTF-8, looked at where they lie: no overlong forms, no surrogates, nothing beyond U+10FFFF.
 *
 * Only a station's first line pays for this: the lines after it are equal, byte for byte, to a name that has passed.
 */
internal object Utf8Check {
    /** Whether the [length] bytes at [offset] are well-formed UTF-8. */
    fun isUtf8(bytes: Segment, offset: Long, length: Int): Boolean {
        val end = offset + length
        var at = offset
        while (at < end) {
            val lead = unsigned(bytes, at)
            val size = sizeOf(lead)
            if (size == 0 || at + size > end || !hasTail(bytes, at, lead, size)) return false
            at += size
        }
        return true
    }

    private fun sizeOf(lead: Int): Int = when (lead) {
        in 0x00..0x7F -> 1
        in 0xC2..0xDF -> 2
        in 0xE0..0xEF -> 3
        in 0xF0..0xF4 -> 4
        else -> 0
    }

    private fun hasTail(bytes: Segment, at: Long, lead: Int, size: Int): Boolean {
        if (size > 1 && unsigned(bytes, at + 1) !in secondAfter(lead)) return false
        for (i in 2 until size) if (unsigned(bytes, at + i) !in 0x80..0xBF) return false
        return true
    }

    /** The second byte is where overlong forms, surrogates and what lies beyond U+10FFFF are told apart. */
    private fun secondAfter(lead: Int): IntRange = when (lead) {
        0xE0 -> 0xA0..0xBF
        0xED -> 0x80..0x9F
        0xF0 -> 0x90..0xBF
        0xF4 -> 0x80..0x8F
        else -> 0x80..0xBF
    }

    private fun unsigned(bytes: Segment, offset: Long): Int = bytes.getByte(offset).toInt() and 0xFF
}
