@file:JvmName("FragmentationReport")

package dev.leasehold.benchmarks.fragmentation

import dev.leasehold.benchmarks.CLibrary
import java.util.Locale

/**
 * Replays [ChurnTrace] on the manager and on the C library's heap, and prints what each holds for what lives: a
 * Markdown table.
 *
 * Every page of every block is written, so that it is resident. *Resident* is the growth of the whole process, the
 * JVM's own heap and compiled code included: give it a heap that does not grow.
 */
public fun main() {
    println("| heap | operations | live | reserved | reserved / live | ≤ 1.25 × live + 8 MiB | resident |")
    println("|---|---:|---:|---:|---:|---|---:|")
    LeaseholdHeap().use(::replayOn)
    if (CLibrary.hasMallinfo()) {
        GlibcHeap().use(::replayOn)
    } else {
        println("Skipped: malloc, for this C library has no mallinfo2.")
    }
}

private fun <T : Any> replayOn(heap: MeasuredHeap<T>) {
    val before = residentBytes()
    val trace = ChurnTrace(heap)
    trace.replay(INTERVAL) { done -> println(row(heap, "%,d".format(Locale.ROOT, done), trace.live, before)) }
    trace.freeAll()
    println(row(heap, "all freed", trace.live, before))
}

private fun row(heap: MeasuredHeap<*>, moment: String, live: Long, before: Long?): String {
    val reserved = checkNotNull(heap.reserved) { "${heap.name} does not say what it holds" }
    val ratio = if (live == 0L) "–" else "%.2f".format(Locale.ROOT, reserved.toDouble() / live)
    val kept = when {
        live == 0L -> "–"
        reserved <= live + live / 4 + SLACK -> "yes"
        else -> "**no**"
    }
    val resident = residentBytes()?.let { mebibytes(it - (before ?: 0)) } ?: "–"
    return "| ${heap.name} | $moment | ${mebibytes(live)} | ${mebibytes(reserved)} | $ratio | $kept | $resident |"
}

/** A number of bytes as the reports print it. */
internal fun mebibytes(bytes: Long): String = "%.1f MiB".format(Locale.ROOT, bytes / MEBIBYTE)

private const val INTERVAL = 100_000
private const val SLACK = 8L shl 20
private const val MEBIBYTE = 1048576.0
