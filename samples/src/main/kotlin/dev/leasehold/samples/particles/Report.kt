package dev.leasehold.samples.particles

import java.util.Locale

/** The figures of both ways, one beside the other. */
internal object Report {
    private const val NANOS_A_MILLI = 1e6

    fun head(sparks: Int, frames: Int, threads: Int): String =
        "${grouped(sparks.toLong())} sparks for ${grouped(frames.toLong())} frames, $threads threads\n"

    fun table(pools: Figures, objects: Figures, frames: Int): String = buildString {
        appendLine("  %-26s %18s %18s".format("", Way.POOLS.title, Way.OBJECTS.title))
        row("median frame", millis(pools.median), millis(objects.median))
        row("nine of ten frames within", millis(pools.nineOfTen), millis(objects.nineOfTen))
        row("99 of a hundred within", millis(pools.worstHundredth), millis(objects.worstHundredth))
        row("longest frame", millis(pools.longest), millis(objects.longest))
        row("collections", "${pools.collections}", "${objects.collections}")
        row("spent on them", "${pools.collecting} ms", "${objects.collecting} ms")
        row("sparks burnt in a frame", grouped(pools.burnt / frames), grouped(objects.burnt / frames))
    }

    private fun StringBuilder.row(what: String, pools: String, objects: String) {
        appendLine("  %-26s %18s %18s".format(what, pools, objects))
    }

    fun summary(pools: Figures, objects: Figures): String {
        val times = objects.worstHundredth.toDouble() / pools.worstHundredth
        return "The worst hundredth of the frames begins at %s with pools and at %s with objects: %.1f x."
            .format(Locale.ROOT, millis(pools.worstHundredth), millis(objects.worstHundredth), times)
    }

    private fun grouped(number: Long): String = "%,d".format(Locale.ROOT, number)

    private fun millis(nanos: Long) = "%.1f ms".format(Locale.ROOT, nanos / NANOS_A_MILLI)
}
