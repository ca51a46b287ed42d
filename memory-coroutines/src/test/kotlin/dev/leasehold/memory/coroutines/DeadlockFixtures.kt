package dev.leasehold.memory.coroutines

import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** A scope that rents [hold] bytes and, [after] a while, [more]. */
internal suspend fun holdAndAsk(pool: SuspendingPool, hold: Long, more: Long, after: Duration) {
    memoryScope(pool) {
        rent(hold)
        delay(after)
        rent(more)
    }
}

/** Runs [body] in virtual time with a pool of 100 bytes. */
internal suspend fun inTime(
    patience: Duration = 10.seconds,
    traced: Boolean = false,
    body: suspend TestScope.(SuspendingPool) -> Unit,
) = lending("deadlock", 100, patience, traced) { pool -> runTest { body(pool) } }
