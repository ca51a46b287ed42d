package dev.leasehold.samples.service

import kotlinx.coroutines.CompletableDeferred
import java.util.concurrent.atomic.AtomicInteger

/** Lets coroutines wait until [count] of them have got as far as this. */
internal class Barrier(count: Int) {
    private val missing = AtomicInteger(count)
    private val passed = CompletableDeferred<Unit>()

    init {
        if (count == 0) pass()
    }

    /** One more is here. */
    fun arrive() {
        if (missing.decrementAndGet() == 0) pass()
    }

    /** Waits for all of them. */
    suspend fun await(): Unit = passed.await()

    private fun pass() {
        val _ = passed.complete(Unit)
    }
}
