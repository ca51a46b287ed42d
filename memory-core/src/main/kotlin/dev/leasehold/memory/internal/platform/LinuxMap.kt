package dev.leasehold.memory.internal.platform

/**
 * The text of `/proc/<process>/maps`, read byte by byte: `7f12a000-7f12c000 rw-s 00001000 00:01 42   /path (deleted)`.
 *
 * It stands in the way of the first memory of a process, so it makes no text but where a name is asked for. A line that
 * does not begin with two addresses, in their order, is none of a region.
 */
internal class LinuxMap private constructor(private val text: ByteArray, private val length: Int) : Regions.Details {
    private var firsts = LongArray(EXPECTED)
    private var lasts = LongArray(EXPECTED)
    private var places = IntArray(EXPECTED)
    private var count = 0
    private var at = 0

    private fun parse(): Regions {
        while (at < length) {
            parseLine()
            at = endOfLine(at) + 1
        }
        return Regions(count, firsts, lasts, this)
    }

    private fun parseLine() {
        val minus = endOfHex(at)
        if (minus == at || minus >= length || text[minus] != MINUS) return
        val end = endOfHex(minus + 1)
        val first = hex(at, minus)
        val next = hex(minus + 1, end)
        if (end == minus + 1 || java.lang.Long.compareUnsigned(next, first) <= 0) return
        if (count == firsts.size) grow()
        firsts[count] = first
        lasts[count] = next - 1
        places[count++] = end
    }

    private fun endOfHex(from: Int): Int {
        var end = from
        while (end < length && Character.digit(text[end].toInt(), HEX) >= 0) end++
        return end
    }

    private fun hex(from: Int, to: Int): Long {
        var value = 0L
        for (place in from until to) value = (value shl 4) or Character.digit(text[place].toInt(), HEX).toLong()
        return value
    }

    private fun grow() {
        firsts = firsts.copyOf(count * 2)
        lasts = lasts.copyOf(count * 2)
        places = places.copyOf(count * 2)
    }

    private fun endOfLine(from: Int): Int {
        var end = from
        while (end < length && text[end] != NEW_LINE) end++
        return end
    }

    /** Where the field [number] of the region [index] begins; those behind the addresses are 0 to 4. */
    private fun field(index: Int, number: Int): Int {
        var place = skipSpaces(places[index])
        repeat(number) {
            while (place < length && text[place] != SPACE && text[place] != NEW_LINE) place++
            place = skipSpaces(place)
        }
        return place
    }

    private fun skipSpaces(from: Int): Int {
        var place = from
        while (place < length && text[place] == SPACE) place++
        return place
    }

    override fun name(index: Int): String {
        val from = field(index, NAME)
        return String(text, from, endOfLine(from) - from)
    }

    override fun permissions(index: Int): String {
        val from = field(index, 0)
        return String(text, from, minOf(PERMISSIONS, endOfLine(from) - from))
    }

    override fun offset(index: Int): Long {
        val from = field(index, 1)
        return hex(from, endOfHex(from))
    }

    internal companion object {
        private const val EXPECTED = 256
        private const val HEX = 16
        private const val NAME = 4
        private const val PERMISSIONS = 4
        private const val MINUS = '-'.code.toByte()
        private const val SPACE = ' '.code.toByte()
        private const val NEW_LINE = '\n'.code.toByte()

        /** The regions in the first [length] bytes of [text], which is not to change afterwards. */
        fun parse(text: ByteArray, length: Int = text.size): Regions = LinuxMap(text, length).parse()
    }
}
