package dev.leasehold.memory.testing.samples

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.rent
import dev.leasehold.memory.testing.KotestLeakExtension
import dev.leasehold.memory.testing.checkNothingLeaked
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

internal fun nothingLeaks(pool: MemoryPool): Long = checkNothingLeaked {
    pool.rent(64).use { it.segment.size }
}

internal class OrdersSpec : FunSpec() {
    init {
        extension(KotestLeakExtension())

        test("an order has its bytes") {
            MemoryPool.isolated("orders").use { pool ->
                pool.rent(64).use { order -> order.segment.size shouldBe 64 }
            }
        }
    }
}
