@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.SuspendingPoolStatistics
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LineWaits
import dev.leasehold.memory.internal.spi.WaitOutcome
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe

class SuspendingPoolStatisticsSpec : FunSpec() {
    private val waits = LineWaits(MemoryPool.shared()).apply {
        repeat(17) { end(WaitOutcome.SERVED, System.nanoTime(), null) }
    }.statistics()
    private val none = LineWaits(MemoryPool.shared()).statistics()
    private val some = SuspendingPoolStatistics(1024, used = 300, waiters = 2, peakWaiters = 5, waits)

    init {
        test("the figures are in one line") {
            "$some" shouldBe "used 300 B, available 724 B, capacity 1024 B, 2 waiting (peak 5), 17 served after a wait"
        }

        test("the same figures are equal, and one that differs is enough to make a difference") {
            val same = SuspendingPoolStatistics(1024, used = 300, waiters = 2, peakWaiters = 5, waits)
            some shouldBe same
            some.hashCode() shouldBe same.hashCode()
            listOf(
                SuspendingPoolStatistics(1025, 300, 2, 5, waits),
                SuspendingPoolStatistics(1024, 301, 2, 5, waits),
                SuspendingPoolStatistics(1024, 300, 3, 5, waits),
                SuspendingPoolStatistics(1024, 300, 2, 6, waits),
                SuspendingPoolStatistics(1024, 300, 2, 5, none),
            ).forEach { it shouldNotBe some }
        }
    }
}
