package dev.leasehold.memory.internal.diagnostics

/** Figures as the report shows them. */
internal object ReportText {
    private const val UNIT = 1024.0
    private const val HUNDRED = 100L
    private const val THOUSAND = 1000L
    private const val GROUP = 3
    private const val THREE_DIGITS = 999.5
    private val UNITS = listOf("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")

    /** A number of bytes in three digits: `0 B`, `1.5 KiB`, `12.3 MiB`, `1,023 GiB`. */
    fun bytes(count: Long): String {
        var value = count.toDouble()
        var unit = 0
        while (value >= UNIT - 1.0 / 2 && unit < UNITS.lastIndex) {
            value /= UNIT
            unit++
        }
        return "${threeDigits(value)} ${UNITS[unit]}"
    }

    // Without a formatter, which takes as long as all the rest of a page.
    private fun threeDigits(value: Double): String {
        val hundredths = when {
            value >= THREE_DIGITS / 10 -> HUNDRED * Math.round(value)
            value >= THREE_DIGITS / 100 -> 10 * Math.round(10 * value)
            else -> Math.round(HUNDRED * value)
        }
        return decimal(hundredths)
    }

    private fun decimal(hundredths: Long) = number(hundredths / HUNDRED) + decimals(hundredths)

    /** A number of hundredths for programs, with as many decimals as it has: `1023`, `12.5`, `0.25`. */
    fun plain(hundredths: Long): String = (hundredths / HUNDRED).toString() + decimals(hundredths)

    private fun decimals(hundredths: Long): String {
        val rest = (hundredths % HUNDRED).toInt()
        if (rest == 0) return ""
        return if (rest % 10 == 0) ".${rest / 10}" else ".${rest / 10}${rest % 10}"
    }

    /** A number with its thousands apart: `4,096`. */
    fun number(count: Long): String {
        val digits = count.toString()
        if (count in -THOUSAND + 1..<THOUSAND) return digits
        val text = StringBuilder(digits)
        var at = digits.length - GROUP
        while (at > (if (count < 0) 1 else 0)) {
            text.insert(at, ',')
            at -= GROUP
        }
        return text.toString()
    }

    /** A part of a whole: `0 %`, `<1 %`, `37 %`, `>99 %`; and 100 only where it is all. */
    fun percent(part: Long, whole: Long): String {
        if (whole <= 0 || part <= 0) return "0 %"
        val hundredths = 100.0 * part / whole
        return when {
            part >= whole -> "100 %"
            hundredths < 1 -> "<1 %"
            hundredths > 99 -> ">99 %"
            else -> "${Math.round(hundredths)} %"
        }
    }

    /** How long something has lasted: `340 ms`, `12 s`, `5 min`, `3 h`, `2 d`. */
    fun duration(millis: Long): String = when {
        millis >= 2 * DAY -> "${millis / DAY} d"
        millis >= 2 * HOUR -> "${millis / HOUR} h"
        millis >= 2 * MINUTE -> "${millis / MINUTE} min"
        millis >= SECOND -> "${millis / SECOND} s"
        else -> "$millis ms"
    }

    private const val SECOND = 1_000L
    private const val MINUTE = 60 * SECOND
    private const val HOUR = 60 * MINUTE
    private const val DAY = 24 * HOUR
}
