package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.coroutines.SuspendingPoolStatistics
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe

class SuspendingPoolStatisticsSpec : FunSpec() {
    private val some = SuspendingPoolStatistics(capacity = 1024, used = 300, waiters = 2, peakWaiters = 5, waits = 17)

    init {
        test("the figures are in one line") {
            "$some" shouldBe "used 300 B, available 724 B, capacity 1024 B, 2 waiting (peak 5), 17 served after a wait"
        }

        test("the same figures are equal, and one that differs is enough to make a difference") {
            val same = SuspendingPoolStatistics(capacity = 1024, used = 300, waiters = 2, peakWaiters = 5, waits = 17)
            some shouldBe same
            some.hashCode() shouldBe same.hashCode()
            listOf(
                SuspendingPoolStatistics(1025, 300, 2, 5, 17),
                SuspendingPoolStatistics(1024, 301, 2, 5, 17),
                SuspendingPoolStatistics(1024, 300, 3, 5, 17),
                SuspendingPoolStatistics(1024, 300, 2, 6, 17),
                SuspendingPoolStatistics(1024, 300, 2, 5, 18),
            ).forEach { it shouldNotBe some }
        }
    }
}
