package dev.leasehold.memory.coroutines.race

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.coroutines.support.Conservation
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import java.lang.management.ManagementFactory
import java.nio.file.Path
import java.util.concurrent.atomic.AtomicLong
import kotlin.io.path.exists
import kotlin.io.path.readLines
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/**
 * Ten minutes at full load, or `-Dleasehold.soak=60` seconds: rents in every form, cancelled, timed out and failed, on
 * all threads at once. Resident size, heap after a collection and what the pool reserves stay where they were after the
 * first fifth.
 */
class SuspendingSoak : FunSpec({
    test(
        "full load for minutes leaves memory flat, and nothing behind",
    ).config(timeout = 30.minutes, invocationTimeout = 30.minutes) {
        val time = System.getProperty("leasehold.soak")?.toInt()?.seconds ?: 600.seconds
        val seed = Effort.seed("soak")
        MemoryPool.isolated("soak") { limit = 64.MiB }.use { memory ->
            val soak = Soak(memory, time, seed)
            coroutineScope {
                val load = launch(Dispatchers.Default) { soak.load() }
                launch(Dispatchers.IO) { soak.watch() }
                load.join()
            }
            soak.judge()
            memory.stats().used shouldBe 0
        }
    }
})

private class Soak(private val memory: MemoryPool, private val time: Duration, private val seed: Long) {
    private class Sample(val at: Duration, val resident: Long, val heap: Long, val reserved: Long)

    private val start = TimeSource.Monotonic.markNow()
    private val samples = ArrayList<Sample>()
    private val rounds = AtomicLong()

    suspend fun load() {
        val conservation = Conservation(memory, 1.MiB, 128.KiB)
        while (start.elapsedNow() < time) conservation.run(1, seed + rounds.getAndIncrement())
    }

    fun watch() {
        while (start.elapsedNow() < time) {
            Thread.sleep(maxOf(time.inWholeMilliseconds / SAMPLES, 1))
            samples += sample()
        }
    }

    private fun sample(): Sample {
        System.gc()
        val heap = ManagementFactory.getMemoryMXBean().heapMemoryUsage.used
        return Sample(start.elapsedNow(), resident(), heap, memory.stats().reserved)
    }

    fun judge() {
        val warm = samples.drop(samples.size / 5)
        val (early, late) = warm.chunked((warm.size + 1) / 2)
        println("soak: ${rounds.get() * Conservation.TOGETHER} schedules in $time")
        for ((what, read) in FIGURES) {
            val before = early.map(read).sorted().let { it[it.size / 2] }
            val after = late.map(read).sorted().let { it[it.size / 2] }
            println(
                "soak: $what ${before / 1024} KiB, later ${after / 1024} KiB, at most ${warm.maxOf(read) / 1024} KiB",
            )
            check(after - before < ALLOWANCE) { "$what grew from $before to $after bytes" }
        }
        warm.maxOf { it.reserved } shouldBeLessThan memory.limit + 1
        rounds.get() shouldBeGreaterThan 10
    }

    private companion object {
        const val SAMPLES = 60

        /** What a collector and allocator may keep or return between two moments. */
        val ALLOWANCE = 16.MiB
        val FIGURES = listOf<Pair<String, (Sample) -> Long>>(
            "resident" to Sample::resident,
            "heap" to Sample::heap,
            "reserved" to Sample::reserved,
        )
        val STATUS: Path = Path.of("/proc/self/status")

        /** The resident bytes of this process; 0 where the system does not say. */
        fun resident(): Long {
            if (!STATUS.exists()) return 0
            val line = STATUS.readLines().first { it.startsWith("VmRSS:") }
            return line.filter(Char::isDigit).toLong().KiB
        }

        val Long.KiB: Long get() = this * 1024
    }
}
