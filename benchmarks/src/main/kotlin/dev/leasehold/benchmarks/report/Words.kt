package dev.leasehold.benchmarks.report

import java.util.Locale
import kotlin.math.abs

/** A figure with three significant digits, thousands apart, and no more than it needs. */
internal fun plain(value: Double): String = when {
    value.isNaN() -> "–"
    value == Math.rint(value) && abs(value) < MANY -> "%d".format(Locale.ROOT, value.toLong())
    abs(value) >= MANY / 10 -> "%,.0f".format(Locale.ROOT, value)
    abs(value) >= 10 -> "%.1f".format(Locale.ROOT, value)
    abs(value) < NOTHING -> "0"
    else -> "%.2f".format(Locale.ROOT, value)
}

/** `64 B`, `1 KiB`, `1 MiB`. */
internal fun sizeName(bytes: Int): String = when {
    bytes < 1 shl 10 -> "$bytes B"
    bytes < 1 shl 20 -> "${bytes shr 10} KiB"
    else -> "${bytes shr 20} MiB"
}

/** The [size] of a benchmark of the class [family]: a number of bytes, or of elements. */
internal fun sizeName(family: String, size: Int): String =
    if (family in Figures.COUNTED) "%,d".format(Locale.ROOT, size) else sizeName(size)

/** Bytes for one operation: the harness's own traces are no garbage of the library's. */
internal fun byteCount(bytes: Double?): String = when {
    bytes == null -> "–"
    else -> "%,.0f".format(Locale.ROOT, bytes)
}

private const val MANY = 1_000.0
private const val NOTHING = 0.005
