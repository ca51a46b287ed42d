@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.WaitStatistics
import dev.leasehold.memory.internal.engine.WaitCounts
import dev.leasehold.memory.internal.platform.WaitEnd
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LineWait
import dev.leasehold.memory.internal.spi.WaitOutcome
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.tryRent
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.maps.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

class WaitStatisticsSpec : FunSpec() {
    init {
        for ((kind, make) in mapOf<String, () -> MemoryPool>(
            "a limited pool" to { MemoryPool.isolated("waits") { limit = 4096 } },
            "a fixed pool" to { MemoryPool.fixed("waits", 4096, 1) },
        )) {
            test("each wait at $kind counts once, by how it ended") {
                val pool = make()
                val held = pool.rentShared(4096)
                pool.tryRent(4096) shouldBe null
                pool.stats().waits.count shouldBe 0
                shouldThrow<RentTimeoutException> { pool.rent(4096, 20.milliseconds) }
                ended(pool) shouldBe listOf(0L, 1L, 0L, 0L)
                waiting(pool, 1).single().apply { interrupt() }.join()
                ended(pool) shouldBe listOf(0L, 1L, 1L, 0L)
                val served = waiting(pool, 2)
                held.close()
                served.forEach { it.join() }
                ended(pool) shouldBe listOf(2L, 1L, 1L, 0L)
                val last = pool.rentShared(4096)
                val refused = waiting(pool, 1).single()
                runCatching { pool.close() }
                refused.join()
                ended(pool) shouldBe listOf(2L, 1L, 1L, 1L)
                pool.stats().waits.longestNanos shouldBeInRange 20_000_000..pool.stats().waits.totalNanos
                last.close()
            }

            test("what races in the line of $kind counts exactly as what was done") {
                val pool = make()
                val random = Random(Effort.seed("waits"))
                val done = IntArray(3)
                repeat(Effort.times(200)) {
                    val held = pool.rentShared(4096)
                    val ends = List(3) { AtomicInteger() }
                    val waiters = List(4) { worker ->
                        val time = if (worker == 0) random.nextInt(200, 2000).microseconds else 1.minutes
                        Thread.ofPlatform().start {
                            ends[outcomeOf { pool.rent(4096, time).close() }].incrementAndGet()
                        }
                    }
                    await("all have been in line") {
                        // In this order: one whose time passes in between must not count twice.
                        val timedOut = pool.stats().waits.timedOut - done[1]
                        pool.stats().waiters + timedOut >= waiters.size
                    }
                    val victim = waiters[random.nextInt(1, waiters.size)]
                    val interrupting = Thread.ofPlatform().start { victim.interrupt() }
                    held.close()
                    (waiters + interrupting).forEach { it.join() }
                    ends.forEachIndexed { at, end -> done[at] += end.get() }
                    ended(pool) shouldBe done.map { it.toLong() } + 0L
                }
                done.sum() shouldBe Effort.times(200) * 4
                pool.stats().waits.distribution.values.sum() shouldBe done.sum().toLong()
                pool.close()
            }
        }

        test("a rent that does not wait counts nothing, though it may") {
            MemoryPool.isolated("free").use { pool ->
                repeat(100) { pool.rent(100, 1.minutes).close() }
                pool.stats().waits.count shouldBe 0
                pool.stats().waits.distribution.shouldBeEmpty()
                pool.stats().waits.quantileNanos(1.0) shouldBe 0
            }
        }

        test("a wait that takes no thread counts once, too, with the outcome that it leaves with") {
            val pool = MemoryPool.fixed("threadless", 100, 1)
            val held = pool.rentShared(100)
            for (outcome in listOf(WaitOutcome.TIMED_OUT, WaitOutcome.CANCELLED, WaitOutcome.FAILED)) {
                val wait = LineWait(pool, 100, null) {}
                wait.join()
                wait.leave(outcome) shouldBe true
                wait.leave(outcome) shouldBe false
            }
            ended(pool) shouldBe listOf(0L, 1L, 1L, 1L)
            val woken = AtomicInteger()
            val served = LineWait(pool, 100, null) { woken.incrementAndGet() }
            served.join()
            val refused = LineWait(pool, 100, null) { woken.incrementAndGet() }
            refused.join()
            held.close()
            served.leave(WaitOutcome.CANCELLED) shouldBe false
            ended(pool) shouldBe listOf(1L, 1L, 1L, 1L)
            runCatching { pool.close() }
            refused.leave(WaitOutcome.CANCELLED) shouldBe false
            ended(pool) shouldBe listOf(1L, 1L, 1L, 2L)
            woken.get() shouldBe 2
            served.lease().close()
            shouldThrow<PoolClosedException> { refused.lease() }
        }

        test("the distribution has a place for each power of two, and the sums over it are those of the ends") {
            val counts = WaitCounts()
            val lengths = listOf(0L, 1023L, 1024L, 2047L, 2048L, (1L shl 36) - 1, 1L shl 36, Long.MAX_VALUE / 4)
            lengths.forEachIndexed { at, nanos -> counts.count(WaitEnd.entries[at % 5], nanos) }
            val waits = WaitStatistics(counts)
            waits.distribution shouldBe mapOf(
                1024L to 2L,
                2048L to 2L,
                4096L to 1L,
                (1L shl 36) to 1L,
                Long.MAX_VALUE to 2L,
            )
            listOf(waits.served, waits.timedOut, waits.cancelled, waits.failed) shouldBe listOf(2L, 2L, 2L, 2L)
            waits.count shouldBe 8
            waits.longestNanos shouldBe Long.MAX_VALUE / 4
            waits.totalNanos shouldBe lengths.sum()
            listOf(0.0, 0.25, 0.5, 0.51, 1.0).map { waits.quantileNanos(it) } shouldBe
                listOf(1024, 1024, 2048, 4096, Long.MAX_VALUE / 4)
            shouldThrow<IllegalArgumentException> { waits.quantileNanos(1.01) }.message shouldBe
                "a fraction of all waits is between 0 and 1, and was 1.01"
        }

        test("a quantile is never more than the longest wait") {
            val counts = WaitCounts()
            counts.count(WaitEnd.SERVED, 1_000_000)
            WaitStatistics(counts).quantileNanos(0.5) shouldBe 1_000_000
        }

        test("the same figures are equal, and are printed in one line") {
            val counts = WaitCounts()
            val before = WaitStatistics(counts)
            before shouldBe WaitStatistics(WaitCounts())
            counts.count(WaitEnd.TIMED_OUT, 1_500_000)
            val waits = WaitStatistics(counts)
            waits shouldNotBe before
            waits shouldBe WaitStatistics(counts)
            waits.hashCode() shouldBe WaitStatistics(counts).hashCode()
            "$waits" shouldBe "1 wait (0 served, 1 timed out, 0 cancelled, 0 failed), the longest 1.5ms"
        }
    }

    private fun ended(pool: MemoryPool): List<Long> = pool.stats().waits.let {
        it.distribution.values.sum() shouldBe it.count
        listOf(it.served, it.timedOut, it.cancelled, it.failed)
    }

    /** [count] threads that wait for all that [pool] has, one after the other. */
    private fun waiting(pool: MemoryPool, count: Int): List<Thread> = List(count) { index ->
        val thread = Thread.ofPlatform().start { runCatching { pool.rent(4096, 1.minutes).close() } }
        await("it waits") { pool.stats().waiters == index + 1 }
        thread
    }

    private fun outcomeOf(rent: () -> Unit): Int = when (val failure = runCatching(rent).exceptionOrNull()) {
        null -> 0
        is RentTimeoutException -> 1
        is InterruptedException -> 2
        else -> throw failure
    }
}
