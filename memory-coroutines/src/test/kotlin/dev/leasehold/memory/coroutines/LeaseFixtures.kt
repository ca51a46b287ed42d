package dev.leasehold.memory.coroutines

import dev.leasehold.memory.MemoryPool
import io.kotest.matchers.shouldBe

/** Runs [block] over a pool of [capacity] bytes, all of which must have come back at the end, and once each. */
internal suspend fun <R> lending(name: String, capacity: Long, block: suspend (SuspendingPool) -> R): R =
    MemoryPool.isolated(name).use { memory ->
        val result = SuspendingPool(memory, capacity).use { pool ->
            block(pool).also {
                pool.stats().used shouldBe 0
                pool.stats().waiters shouldBe 0
            }
        }
        memory.stats().used shouldBe 0
        result
    }
