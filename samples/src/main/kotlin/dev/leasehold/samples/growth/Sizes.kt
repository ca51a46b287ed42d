package dev.leasehold.samples.growth

import dev.leasehold.memory.MiB
import java.util.Locale

/** Sizes and times as people read them. */
internal object Sizes {
    /** What the buffer begins with. */
    val MEBIBYTE: Long = 1.MiB

    private val UNITS = listOf("B", "KiB", "MiB", "GiB")
    private const val STEP = 1024L

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
