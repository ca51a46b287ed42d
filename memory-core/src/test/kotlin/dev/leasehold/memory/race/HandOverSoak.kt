package dev.leasehold.memory.race

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryHolder
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.together
import dev.leasehold.memory.tryRentShared
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.nio.file.Path
import java.util.concurrent.ArrayBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicLong
import kotlin.io.path.exists
import kotlin.io.path.readLines
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/**
 * Ten minutes, or `-Dleasehold.soak=30` seconds, of leases and blocks that some threads take and others close, out of a
 * pool and a manager at their limits: a thread that takes is refused now and then, waits for memory, or closes its
 * oldest. What the process holds at the end is what it held in the beginning.
 */
class HandOverSoak : FunSpec({
    test("hand-over at the limit for minutes leaves memory flat, and nothing behind")
        .config(timeout = 60.minutes, invocationTimeout = 60.minutes) {
            val time = System.getProperty("leasehold.soak")?.toInt()?.seconds ?: 600.seconds
            val seed = Effort.seed("soak of hand-over")
            val pool = MemoryPool.isolated("soak") {
                limit = LIMIT
                idleBound = IDLE_BOUND
            }
            val manager = SystemMemoryManager("soak") {
                limit = LIMIT
                idleBound = IDLE_BOUND
            }
            val soak = Soak(pool, manager, time, seed)
            soak.run()
            soak.judge()
            pool.stats().used shouldBe 0
            manager.stats().used shouldBe 0
            for (idle in listOf({ pool.stats().reserved }, { manager.stats().reserved })) {
                // In the background, once it has lain idle for a while; what caches hold of each class comes on top.
                await("idle memory above the bound has gone") { idle() <= IDLE_BOUND + IN_CACHES }
            }
            pool.trim()
            pool.stats().reserved shouldBe 0
            manager.trim()
            manager.stats().reserved shouldBe 0
            pool.close()
            manager.close()
        }

    test("the measure finds memory that grows") {
        val growing = List(60) { Soak.Sample(it.seconds, it.MiB) }
        runCatching { Soak.judge(growing, 60.seconds) }.isFailure shouldBe true
        Soak.judge(List(60) { Soak.Sample(it.seconds, (it % 5).MiB) }, 60.seconds)
    }
}) {
    private companion object {
        val LIMIT = 16.MiB
        val IDLE_BOUND = 4.MiB
        val IN_CACHES = 2.MiB
    }
}

private class Soak(
    private val pool: MemoryPool,
    private val manager: SystemMemoryManager,
    private val time: Duration,
    private val seed: Long,
) {
    class Sample(val at: Duration, val resident: Long)

    private class Handed(val memory: MemoryHolder, val number: Long)

    private val start = TimeSource.Monotonic.markNow()
    private val samples = ArrayList<Sample>()
    private val belts = List(TAKERS) { ArrayBlockingQueue<Handed>(BELT) }
    private val numbers = AtomicLong()
    private val refused = AtomicLong()
    private val tooLate = AtomicLong()

    private val isOver get() = start.elapsedNow() >= time

    fun run() {
        together(2 * TAKERS + 1, seconds = time.inWholeSeconds + Effort.seconds(600)) { worker ->
            when {
                worker < TAKERS -> take(worker)
                worker < 2 * TAKERS -> close(worker - TAKERS)
                else -> watch()
            }
        }
        belts.forEach { belt -> belt.forEach(::end) }
    }

    // ---- those that take ----

    private fun take(me: Int) {
        val random = Random(seed + me)
        val mine = ArrayDeque<Handed>()
        while (!isOver) {
            val memory = next(random)
            if (memory == null) {
                mine.removeFirstOrNull()?.let(::end)
                continue
            }
            val handed = Handed(memory, numbers.incrementAndGet())
            mark(handed)
            if (random.nextInt(4) > 0) hand(me, handed) else mine.addLast(handed)
        }
        mine.forEach(::end)
    }

    private fun next(random: Random): MemoryHolder? {
        val size = SIZES[random.nextInt(SIZES.size)]
        return try {
            when (random.nextInt(8)) {
                in 0..2 -> pool.tryRentShared(size) ?: refusal()
                3 -> pool.rentShared(size, 200.microseconds)
                else -> manager.allocate(size)
            }
        } catch (_: RentTimeoutException) {
            tooLate.incrementAndGet()
            null
        } catch (_: MemoryExhaustedException) {
            refusal()
        }
    }

    private fun refusal(): MemoryHolder? {
        refused.incrementAndGet()
        return null
    }

    private fun hand(me: Int, handed: Handed) {
        while (!belts[me].offer(handed, PATIENCE, TimeUnit.MILLISECONDS)) if (isOver) return end(handed)
    }

    // ---- those that close ----

    private fun close(from: Int) {
        while (!isOver) belts[from].poll(PATIENCE, TimeUnit.MILLISECONDS)?.let(::end)
    }

    private fun mark(handed: Handed) = handed.memory.withSegment { segment ->
        val bytes = segment.asMemorySegment()
        for (at in 0 until bytes.byteSize() step STEP) bytes.set(JAVA_LONG, at, handed.number)
    }

    private fun end(handed: Handed) {
        handed.memory.withSegment { segment ->
            val bytes = segment.asMemorySegment()
            for (at in 0 until bytes.byteSize() step STEP) {
                val found = bytes.get(JAVA_LONG, at)
                check(found == handed.number) { "${handed.memory}, number ${handed.number}, holds $found at $at" }
            }
        }
        handed.memory.close()
    }

    // ---- what is measured ----

    private fun watch() {
        while (!isOver) {
            Thread.sleep(maxOf(time.inWholeMilliseconds / SAMPLES, 1))
            pool.stats().reserved shouldBeLessThanOrEqualTo pool.limit
            manager.stats().reserved shouldBeLessThanOrEqualTo manager.limit
            // So that garbage, which is no memory of ours, does not count.
            System.gc()
            samples += Sample(start.elapsedNow(), resident())
        }
    }

    fun judge() {
        println("soak of hand-over: ${numbers.get()} taken, ${refused.get()} refused, ${tooLate.get()} too late")
        check(refused.get() > 0 && tooLate.get() > 0) { "the limit was not reached" }
        judge(samples, time)
    }

    companion object {
        private const val TAKERS = 2
        private const val BELT = 64
        private const val PATIENCE = 20L
        private const val STEP = 512L
        private const val SAMPLES = 120L

        /** What the heap, the compiler and the collector may add between the second minute and the last. */
        private val ALLOWANCE = 16.MiB
        private val SIZES = longArrayOf(64, 64, 64, 64, 1.KiB, 1.KiB, 1.KiB, 64.KiB, 64.KiB, 1.MiB)
        private val STATUS: Path = Path.of("/proc/self/status")

        /** Compares the second minute, or in a short soak what follows its first half, with the last tenth of [time]. */
        fun judge(samples: List<Sample>, time: Duration) {
            val warm = maxOf(time / 10, minOf(1.minutes, time / 2))
            val early = samples.filter { it.at in warm..warm + time / 10 }.median()
            val late = samples.filter { it.at > time * 9 / 10 }.median()
            println("soak of hand-over: resident ${early / 1024} KiB, at the end ${late / 1024} KiB")
            check(late - early < ALLOWANCE) { "resident memory grew from $early to $late bytes" }
        }

        private fun List<Sample>.median() = map { it.resident }.sorted().let { it[it.size / 2] }

        /** The resident bytes of this process; 0 where the system does not say. */
        private fun resident(): Long {
            if (!STATUS.exists()) return 0
            val line = STATUS.readLines().first { it.startsWith("VmRSS:") }
            return 1024 * line.filter(Char::isDigit).toLong()
        }
    }
}
