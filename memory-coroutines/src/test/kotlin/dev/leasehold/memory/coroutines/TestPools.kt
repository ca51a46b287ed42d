package dev.leasehold.memory.coroutines

import dev.leasehold.memory.MemoryPool
import io.kotest.matchers.shouldBe
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** Pools for tests, and what holds for them afterwards. */
internal object TestPools {
    /** Runs [block] with a suspending pool called [name]; afterwards nobody waits, and every byte is back. */
    suspend fun over(
        name: String,
        capacity: Long,
        patience: Duration = 10.seconds,
        traced: Boolean = false,
        block: suspend (SuspendingPool) -> Unit,
    ) {
        MemoryPool.isolated(name) { traceSites = traced }.use { memory ->
            SuspendingPool(memory, capacity) { stallPatience = patience }.use { pool ->
                block(pool)
                pool.stats().used shouldBe 0
                pool.stats().waiters shouldBe 0
            }
            memory.stats().used shouldBe 0
        }
    }

    /** [message] without the states and addresses of jobs, their names in debug mode, and the numbers of threads. */
    fun withoutAddresses(message: String?): String = message.orEmpty()
        .replace(Regex(""""[^"]*#\d+":"""), "")
        .replace(Regex("""\{[A-Za-z]+}@[0-9a-f]+"""), "")
        .replace(Regex("""#\d+"""), "#")

    /** Waits until [holds]. */
    fun await(what: String, holds: () -> Boolean): Unit = dev.leasehold.memory.coroutines.await(what, holds)
}
