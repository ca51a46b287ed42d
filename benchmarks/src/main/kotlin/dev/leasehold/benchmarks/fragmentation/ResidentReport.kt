@file:JvmName("ResidentReport")

package dev.leasehold.benchmarks.fragmentation

import dev.leasehold.benchmarks.OptionalLibrary
import dev.leasehold.benchmarks.childJvm
import java.util.Locale

/**
 * Replays [MixedTrace] on the manager and its rivals, and prints what each holds in physical memory for what lives: a
 * Markdown table. The argument is the number of seconds, 60 without. A second one names the only contestant, which then
 * runs in this JVM and prints its rows: `none`, `leasehold`, `netty`, `mimalloc` or `malloc`.
 *
 * *Resident* is the growth of the whole process from the moment before the replay. So that little of it is the JVM's
 * own, each contestant has a JVM whose heap is touched beforehand and cannot grow, with the serial collector and one
 * compiler; and for a second before that moment the same trace, with blocks of up to 1 KiB, loads and compiles the
 * code. The contestant `none` has no memory: its figures are what the JVM still grows by, and nothing is subtracted
 * for it.
 */
public fun main(vararg arguments: String) {
    val seconds = arguments.getOrNull(0)?.toInt() ?: SECONDS
    val only = arguments.getOrNull(1)
    if (only == null) compareAll(seconds) else Contestant.of(only).open().use { measure(it, seconds) }
}

/** Who is compared, by the name that the command line has for it. */
private enum class Contestant(val open: () -> MeasuredHeap<*>) {
    NONE(::NoHeap),
    LEASEHOLD(::LeaseholdHeap),
    NETTY(::NettyHeap),
    MIMALLOC(::mimallocHeap),
    MALLOC(::GlibcHeap),
    ;

    companion object {
        fun of(name: String): Contestant = valueOf(name.uppercase(Locale.ROOT))
    }
}

private fun compareAll(seconds: Int) {
    val absent = OptionalLibrary.MIMALLOC in OptionalLibrary.absent()
    if (absent) println(OptionalLibrary.MIMALLOC.skipMessage)
    println("| heap | moment | live | reserved | resident | resident / live | ≤ 1.3 × live + 16 MiB |")
    println("|---|---|---:|---:|---:|---:|---|")
    for (contestant in Contestant.entries) {
        if (absent && contestant == Contestant.MIMALLOC) continue
        val child = childJvm(JVM_OPTIONS, MAIN, "$seconds", contestant.name).inheritIO().start()
        check(child.waitFor() == 0) { "the replay on ${contestant.name} failed" }
    }
}

private fun <T : Any> measure(heap: MeasuredHeap<T>, seconds: Int) {
    val prelude = MixedTrace(heap, seconds = 1, powers = SMALL_POWERS)
    prelude.replay {}
    prelude.freeAll()
    val before = resident()
    val trace = MixedTrace(heap, seconds)
    val samples = ResidentSamples()
    trace.replay { samples.add(ResidentSample(trace.live, heap.reserved, resident() - before)) }
    println(row(heap, "largest", samples.peak))
    println(row(heap, "furthest from the bar, which ${samples.percentWithinBar} % of the moments keep", samples.worst))
    println(row(heap, "end", samples.last))
    trace.freeAll()
    Thread.sleep(AFTER_MILLIS)
    println(row(heap, "all freed, 5 s later", ResidentSample(trace.live, heap.reserved, resident() - before)))
}

private fun resident(): Long = checkNotNull(residentBytes()) { "this system does not say what is resident" }

private fun row(heap: MeasuredHeap<*>, moment: String, sample: ResidentSample): String {
    val reserved = sample.reserved?.let(::mebibytes) ?: "–"
    val ratio = if (sample.live == 0L) "–" else "%.2f".format(Locale.ROOT, sample.resident.toDouble() / sample.live)
    val verdict = when {
        sample.live == 0L -> "–"
        sample.isWithinBar -> "yes"
        else -> "**no**"
    }
    return "| ${heap.name} | $moment | ${mebibytes(sample.live)} | $reserved | ${mebibytes(sample.resident)} | " +
        "$ratio | $verdict |"
}

private const val MAIN = "dev.leasehold.benchmarks.fragmentation.ResidentReport"
private const val SECONDS = 60

/** Up to 1 KiB. */
private const val SMALL_POWERS = 6
private const val AFTER_MILLIS = 5_000L

private val JVM_OPTIONS = listOf(
    "-Xms64m",
    "-Xmx64m",
    "-XX:+AlwaysPreTouch",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "--enable-native-access=ALL-UNNAMED",
    // As in the benchmarks: Netty at its best.
    "--sun-misc-unsafe-memory-access=allow",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-XX:MaxDirectMemorySize=6g",
)
