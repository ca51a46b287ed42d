package dev.leasehold.samples.service

/**
 * Reads a temperature out of one little-endian word, without a branch: which of the four shapes (`1.2`, `12.3`, `-1.2`,
 * `-12.3`) comes next is as random as the data, and a branch would be mispredicted on every second line.
 *
 * The word is brought to the one shape `dd.d\n` first: a sign is shifted out, a missing digit shifted in as `0`. Then
 * one comparison checks all five bytes.
 */
internal object Tenths {
    /** What [parse] answers for anything but a temperature with a line feed behind it. */
    const val NONE: Int = Int.MIN_VALUE

    private const val LENGTH_BITS = 4
    private const val LENGTH_MASK = (1 shl LENGTH_BITS) - 1

    /** High halves of the digits, and all of `.` and line feed. */
    private const val SHAPE_MASK = 0xFF_F0_FF_F0_F0L
    private const val SHAPE = 0x0A_30_2E_30_30L

    /** Added to a digit's byte, carries into its high half if the digit is above 9. */
    private const val ABOVE_NINE = 0x00_06_00_06_06L
    private const val DIGIT_MASK = 0x00_F0_00_F0_F0L
    private const val DIGITS = 0x00_30_00_30_30L

    /** The temperature at the start of [word], with the bytes that it and its line feed take, or [NONE]. */
    fun parse(word: Long): Int {
        val minus = isZero((word xor '-'.code.toLong()) and 0xFF)
        val unsigned = word ushr (minus shl 3)
        val short = isZero((unsigned xor ('.'.code.toLong() shl 8)) and 0xFF00)
        val text = (unsigned shl (short shl 3)) or (short * '0'.code).toLong()
        if (text and SHAPE_MASK != SHAPE || (text + ABOVE_NINE) and DIGIT_MASK != DIGITS) return NONE
        val tenths = digit(text, 0) * 100 + digit(text, 8) * 10 + digit(text, 24)
        val length = MAX_LENGTH - 1 + minus - short
        return (((tenths xor -minus) + minus) shl LENGTH_BITS) or length
    }

    /** The temperature in tenths of a degree. */
    fun valueOf(parsed: Int): Int = parsed shr LENGTH_BITS

    /** How many bytes it took, the line feed included. */
    fun lengthOf(parsed: Int): Int = parsed and LENGTH_MASK

    /** 1 if [value], which is never negative, is 0, and 0 otherwise. */
    private fun isZero(value: Long): Int = ((value - 1) ushr 63).toInt()

    private fun digit(text: Long, shift: Int): Int = ((text ushr shift) and 0x0F).toInt()

    private const val MAX_LENGTH = LineFormat.MAX_TEMPERATURE + 1
}
