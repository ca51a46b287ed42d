@file:JvmSynthetic

package dev.leasehold.memory

import dev.leasehold.memory.internal.platform.counted
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

private const val ROW = 16
private const val HALF_ROW = 8
private const val DEFAULT_LIMIT = 256
private val PRINTABLE = 0x20..0x7e
private val HEX_BYTES = HexFormat { number.removeLeadingZeros = false }
private val HEX_OFFSETS = HexFormat {
    number {
        removeLeadingZeros = true
        minLength = 8
    }
}

/**
 * The first [limit] bytes as text for messages: one line for sixteen bytes, with the offset of the first, all in
 * hexadecimal and as ASCII. When there are more bytes, a last line says how many.
 *
 * ```
 * 00000000  48 65 6c 6c 6f 2c 20 6c  65 61 73 65 20 31 0a 00  |Hello, lease 1..|
 * … 240 more bytes
 * ```
 *
 * @throws IllegalArgumentException when [limit] is negative
 */
public fun Segment.hexDump(limit: Int = DEFAULT_LIMIT): String {
    require(limit >= 0) { "limit $limit is negative; give the number of bytes to show" }
    val shown = minOf(size, limit.toLong())
    return access(raw, 0, shown) {
        buildString {
            for (start in 0 until shown step ROW.toLong()) appendRow(raw, start, minOf(start + ROW, shown))
            if (shown < size) append(ellipsis(size - shown))
        }.removeSuffix("\n")
    }
}

private fun StringBuilder.appendRow(raw: MemorySegment, start: Long, end: Long) {
    val row = this
    row.append(start.toHexString(HEX_OFFSETS)).append(' ')
    for (column in 0 until ROW) {
        if (column % HALF_ROW == 0) row.append(' ')
        val offset = start + column
        row.append(if (offset < end) raw.get(JAVA_BYTE, offset).toHexString(HEX_BYTES) + ' ' else "   ")
    }
    row.append(" |")
    for (offset in start until end) row.append(asciiOf(raw.get(JAVA_BYTE, offset)))
    row.append("|\n")
}

private fun ellipsis(hidden: Long) = "… " + counted(hidden, "more byte")

private fun asciiOf(byte: Byte): Char = if (byte.toInt() in PRINTABLE) byte.toInt().toChar() else '.'
