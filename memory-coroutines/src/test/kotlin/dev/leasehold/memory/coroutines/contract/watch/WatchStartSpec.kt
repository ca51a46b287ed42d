package dev.leasehold.memory.coroutines.contract.watch

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.RentDeadlockException
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.PATIENCE
import dev.leasehold.memory.coroutines.support.lending
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.coroutines.Continuation
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/** The watch fails a coroutine whose thread has been stopped at some step of its wait. */
class WatchStartSpec : FunSpec() {
    /** Stops the thread whenever a coroutine suspends for the first time, until some patience is certainly over. */
    private class Stopping : ContinuationInterceptor {
        override val key: CoroutineContext.Key<*> get() = ContinuationInterceptor

        override fun <T> interceptContinuation(continuation: Continuation<T>): Continuation<T> {
            Thread.sleep(STOP_MILLIS)
            return object : Continuation<T> by continuation {}
        }
    }

    init {
        test("a verdict that comes before the coroutine is in the line is not lost") {
            lending("slow start", 100, PATIENCE) { pool ->
                stopped {
                    memoryScope(pool) {
                        rent(60)
                        launch { rent(60) }
                    }
                }.held shouldBe 60
            }
        }

        test("a verdict that comes before the coroutine is in the line of the pool below is not lost") {
            MemoryPool.isolated("slow start below") { limit = MEBIBYTE }.use { memory ->
                SuspendingPool(memory) { stallPatience = PATIENCE }.use { pool ->
                    stopped {
                        memoryScope(pool) {
                            rent(600 * KIBIBYTE)
                            rent(400 * KIBIBYTE)
                        }
                    }.held shouldBe 600 * KIBIBYTE
                }
                memory.stats().used shouldBe 0
            }
        }
    }

    /** What [body] fails with under [Stopping]. */
    private suspend fun stopped(body: suspend () -> Unit): RentDeadlockException = shouldThrow<RentDeadlockException> {
        withContext(Stopping()) { withTimeoutOrNull(2.minutes) { body() }.shouldNotBeNull() }
    }

    private companion object {
        const val STOP_MILLIS = 60L
        const val KIBIBYTE = 1024L
        const val MEBIBYTE = 1024 * KIBIBYTE
        val PATIENCE = 5.milliseconds
    }
}
