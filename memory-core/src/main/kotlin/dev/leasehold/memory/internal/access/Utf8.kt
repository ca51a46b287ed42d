package dev.leasehold.memory.internal.access

import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.nio.ByteBuffer
import java.nio.CharBuffer
import java.nio.charset.CodingErrorAction

internal const val REPLACEMENT = '\uFFFD'
internal const val ASCII_END = 0x80
internal const val TWO_BYTES_END = 0x800

/** UTF-8 in both directions, strict: nothing malformed is replaced in silence. */
internal object Utf8 {
    /** How many bytes [text] takes. A lone surrogate has no encoding: it goes to [loneSurrogate], by its index. */
    inline fun sizeOf(text: String, loneSurrogate: (index: Int) -> Nothing): Long {
        var size = 0L
        var index = 0
        while (index < text.length) {
            val char = text[index]
            size += when {
                char.code < ASCII_END -> 1
                char.code < TWO_BYTES_END -> 2
                !char.isSurrogate() -> 3
                isPair(text, index) -> 4.also { index++ }
                else -> loneSurrogate(index)
            }
            index++
        }
        return size
    }

    fun isPair(text: String, index: Int): Boolean =
        text[index].isHighSurrogate() && index + 1 < text.length && text[index + 1].isLowSurrogate()

    /** Writes [text], which [sizeOf] has accepted, at [start] of [raw]; the bytes must have room. */
    fun encode(text: String, raw: MemorySegment, start: Long) {
        var offset = start
        var index = 0
        while (index < text.length) {
            val code = text.codePointAt(index)
            offset = encode(code, raw, offset)
            index += Character.charCount(code)
        }
    }

    private fun encode(code: Int, raw: MemorySegment, at: Long): Long {
        if (code < ASCII_END) {
            raw.set(JAVA_BYTE, at, code.toByte())
            return at + 1
        }
        val length = if (code < TWO_BYTES_END) {
            2
        } else if (code < Character.MIN_SUPPLEMENTARY_CODE_POINT) {
            3
        } else {
            4
        }
        // The lead byte starts with as many ones as the sequence has bytes, each byte after it with 10 and six bits.
        raw.set(JAVA_BYTE, at, ((0xf00 shr length) or (code shr 6 * (length - 1))).toByte())
        for (byte in 1 until length) {
            raw.set(JAVA_BYTE, at + byte, (ASCII_END or (code shr 6 * (length - 1 - byte) and 0x3f)).toByte())
        }
        return at + length
    }

    /**
     * The text that [bytes] hold. What is no UTF-8 goes to [malformed], by its position.
     *
     * The platform's fast decoder replaces what is malformed, so only a text with the replacement character in it,
     * which may also be there by right, is looked at again by the strict one.
     */
    inline fun decode(bytes: ByteArray, malformed: (position: Int) -> Nothing): String {
        val text = String(bytes, Charsets.UTF_8)
        if (REPLACEMENT in text) {
            val position = malformedAt(bytes, text.length)
            if (position >= 0) malformed(position)
        }
        return text
    }

    fun malformedAt(bytes: ByteArray, chars: Int): Int {
        val input = ByteBuffer.wrap(bytes)
        val result = Charsets.UTF_8.newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .decode(input, CharBuffer.allocate(chars), true)
        return if (result.isError) input.position() else -1
    }
}
