package dev.leasehold.samples.blur

import java.util.Locale
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration

/** What the program prints. */
internal object Report {
    private const val NANOS_PER_MILLI = 1e6
    private const val BYTES_PER_GIGABYTE = 1e9
    private const val NANOS_PER_SECOND = 1e9
    private const val MEBIBYTE = 1 shl 20

    fun processors(took: Duration): String = line("on the processors", millis(took))

    fun device(first: Run, second: Run, peak: Long): String = buildString {
        appendLine(line("on the device, the first time", millis(first.took)))
        appendLine(line("on the device, again", millis(second.took)))
        with(second.times) {
            appendLine(line("  into and out of pinned memory", millis(staged)))
            appendLine(line("  to the device", millis(uploaded)))
            appendLine(line("  computed there", millis(computed)))
            appendLine(line("  back from the device", millis(downloaded)))
            val rate = bytes.get() / BYTES_PER_GIGABYTE / ((uploaded.get() + downloaded.get()) / NANOS_PER_SECOND)
            appendLine(line("  transferred", String.format(Locale.ROOT, "%.1f GB/s", rate)))
        }
        append(line("most memory held, on the device and pinned", "${peak / MEBIBYTE} MiB"))
    }

    private fun line(what: String, value: String) = String.format(Locale.ROOT, "%-44s %12s", what, value)

    private fun millis(took: Duration) = millis(AtomicLong(took.inWholeNanoseconds))

    private fun millis(nanos: AtomicLong) = String.format(Locale.ROOT, "%,.1f ms", nanos.get() / NANOS_PER_MILLI)
}
