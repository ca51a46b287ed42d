package dev.leasehold.memory.coroutines.support

import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.rent
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds

/** How long the watch waits, in real time, in the tests of what it finds. */
internal val PATIENCE = 150.milliseconds

/** Longer than any test: what ends sooner was found at once. */
internal val ENDLESS_PATIENCE = 1.hours

/** A scope that rents [hold] bytes and, when it is [whenReady], [more]. */
internal suspend fun holdAndRequest(pool: SuspendingPool, hold: Long, more: Long, whenReady: () -> Boolean) {
    memoryScope(pool) {
        rent(hold)
        until("its turn to request $more bytes", whenReady)
        rent(more)
    }
}

/** Runs [body] with a pool of 100 bytes, its coroutines one at a time: what counts as a waiter is in the line. */
internal suspend fun watched(
    patience: Duration = PATIENCE,
    traced: Boolean = false,
    body: suspend CoroutineScope.(SuspendingPool) -> Unit,
) = lending("deadlock", 100, patience, traced) { pool ->
    withContext(Dispatchers.Default.limitedParallelism(1) + CoroutineName("test")) { body(pool) }
}
