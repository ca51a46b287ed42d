package dev.leasehold.samples.growth

import dev.leasehold.memory.MiB
import java.util.Locale

/** Sizes and times as people write and read them. */
internal object Sizes {
    /** What the buffer begins with. */
    val MEBIBYTE: Long = 1.MiB

    private val WRITTEN = Regex("""(\d[\d_]{0,17})\s?(B|KiB|MiB|GiB)?""", RegexOption.IGNORE_CASE)
    private val UNITS = listOf("B", "KiB", "MiB", "GiB")
    private const val STEP = 1024L

    /** The bytes of [text], `64MiB` or `67108864`; null when it is no size. */
    fun parse(text: String): Long? {
        val (digits, unit) = WRITTEN.matchEntire(text)?.destructured ?: return null
        val power = UNITS.indexOfFirst { it.equals(unit, ignoreCase = true) }.coerceAtLeast(0)
        var bytes = digits.replace("_", "").toLong()
        repeat(power) {
            if (bytes > Long.MAX_VALUE / STEP) return null
            bytes *= STEP
        }
        return bytes
    }

    /** [bytes] in the largest unit that leaves no more than one decimal: `512 MiB`, `1.5 GiB`. */
    fun text(bytes: Long): String {
        var power = 0
        var value = bytes.toDouble()
        while (value >= STEP && power < UNITS.lastIndex) {
            value /= STEP
            power++
        }
        return "%.1f".format(Locale.ROOT, value).removeSuffix(".0") + " " + UNITS[power]
    }

    /** [nanos] in the unit that suits them, with three digits: `8.42 µs`, `385 ms`. */
    fun time(nanos: Long): String = when {
        nanos < 1_000_000 -> digits(nanos / 1e3) + " µs"
        nanos < 1_000_000_000 -> digits(nanos / 1e6) + " ms"
        else -> digits(nanos / 1e9) + " s"
    }

    private fun digits(value: Double): String = when {
        value < 10 -> "%.2f"
        value < 100 -> "%.1f"
        else -> "%.0f"
    }.format(Locale.ROOT, value)
}
