package dev.leasehold.memory.contract.diagnostics

import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.diagnostics.MemoryHistory
import dev.leasehold.memory.diagnostics.MemoryReport
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds

class MemoryHistorySpec : FunSpec() {
    init {
        test("it records what is held and used at each interval, and keeps the last moments only") {
            val app = MemoryBudget.rootOf("app", 64.MiB)
            val pool = MemoryPool.isolated("pool") { budget = app }
            MemoryHistory.record(app, 10.milliseconds, 5).use { history ->
                history.points.first().held shouldBe 0
                val lease = pool.rentShared(100)
                await("five moments") { history.points.count { it.used == 128L } == 5 }
                val seen = history.points
                seen.map { it.held }.distinct() shouldBe listOf(app.used)
                seen.map { it.time } shouldBe seen.map { it.time }.sorted()
                await("a later moment") { history.points.first().time > seen.first().time }
                history.size shouldBe 5
                MemoryReport.page(app, history, null) shouldContain "data-points=\"5\""
                lease.close()
            }
            MemoryReport.page(app, null, null) shouldNotContain "data-points"
            pool.close()
        }

        test("after its close it records no more, and has what it had") {
            val history = MemoryHistory.record(MemoryBudget.rootOf("app", 64.MiB), 10.milliseconds, 1000)
            await("some moments") { history.size > 2 }
            history.close()
            history.close()
            val size = history.size
            Thread.sleep(100)
            // One may have been under way.
            (history.size - size in 0..1) shouldBe true
        }

        test("intervals and numbers that make no sense are refused") {
            val app = MemoryBudget.rootOf("app", 64.MiB)
            for (every in listOf(0.seconds, 1.nanoseconds, (-1).seconds, 2.days)) {
                shouldThrow<MemoryConfigurationException> { MemoryHistory.record(app, every) }.message shouldBe
                    "a history records every 10ms to 1d, and not every $every"
            }
            for (most in listOf(-1, 1, 100_001)) {
                shouldThrow<MemoryConfigurationException> { MemoryHistory.record(app, 1.seconds, most) }
            }
        }
    }
}
