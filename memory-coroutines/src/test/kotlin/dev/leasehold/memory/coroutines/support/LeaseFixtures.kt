package dev.leasehold.memory.coroutines.support

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.own.end
import io.kotest.matchers.shouldBe
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** Runs [block] over a pool of [capacity] bytes, all of which must have come back at the end, and once each. */
internal suspend fun <R> lending(
    name: String,
    capacity: Long,
    patience: Duration = 10.seconds,
    traced: Boolean = false,
    block: suspend (SuspendingPool) -> R,
): R = MemoryPool.isolated(name) { traceSites = traced }.use { memory ->
    val result = SuspendingPool(memory, capacity) { stallPatience = patience }.use { pool ->
        block(pool).also {
            pool.stats().used shouldBe 0
            pool.stats().waiters shouldBe 0
        }
    }
    memory.stats().used shouldBe 0
    result
}

/** [message] without the states and addresses of jobs, their names in debug mode, and the numbers of threads. */
internal fun withoutAddresses(message: String?): String = message.orEmpty()
    .replace(Regex(""""[^"]*#\d+":"""), "")
    .replace(Regex("""\{[A-Za-z]+}@[0-9a-f]+"""), "")
    .replace(Regex("""#\d+"""), "#")
