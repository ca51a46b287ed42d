package dev.leasehold.memory.coroutines.contract.watch

import dev.leasehold.memory.coroutines.RentDeadlockException
import dev.leasehold.memory.coroutines.SuspendingMemoryScope
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAll
import dev.leasehold.memory.coroutines.support.lending
import dev.leasehold.memory.coroutines.support.withoutAddresses
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** Rents for a scope by coroutines whose job does not lead there. */
@OptIn(ExperimentalCoroutinesApi::class)
class DetachedRentSpec : FunSpec() {
    init {
        for ((name, within) in detached) {
            for ((form, rent) in forms) {
                test("$form for a scope inside of $name that waits for what the scope holds fails") {
                    lending("detached", 100, 5.milliseconds) { pool ->
                        shouldThrow<RentDeadlockException> {
                            memoryScope(pool, "work") {
                                rent(60)
                                within { rent(this, pool) }
                            }
                        }.held shouldBe 60
                    }
                }
            }
        }

        test("a message names the scope and the coroutine") {
            lending("detached", 100, 5.milliseconds) { pool ->
                val refusal = shouldThrow<RentDeadlockException> {
                    withContext(CoroutineName("upload")) {
                        memoryScope(pool, "work") {
                            rent(60)
                            withContext(NonCancellable) { rent(60) }
                        }
                    }
                }
                withoutAddresses(refusal.message) shouldBe
                    "pool 'detached': coroutine 'upload' (UndispatchedCoroutine) requests 60 bytes of a capacity of " +
                    "100 bytes, of which memory scope 'work' of coroutine 'upload' (UndispatchedCoroutine) holds 60 " +
                    "bytes: nothing of that came back within 5ms, so it seems to wait for itself; rent several at " +
                    "once with rentAll, close leases sooner, or raise the capacity"
            }
        }

        test("one that waits for what the scope closes in time gets it") {
            lending("in time", 100) { pool ->
                runTest {
                    memoryScope(pool) {
                        val first = rent(60)
                        val foreign = CoroutineScope(this@runTest.coroutineContext + Job()).async { rent(60) }
                        delay(9.seconds)
                        first.close()
                        foreign.await().isClosed shouldBe false
                    }
                    currentTime shouldBe 9_000
                }
            }
        }

        test("one that waits for what others hold does not fail") {
            lending("others", 100) { pool ->
                runTest {
                    val other = pool.rent(60)
                    memoryScope(pool) {
                        rent(30)
                        withContext(NonCancellable) { withTimeoutOrNull(60.seconds) { rent(60) } } shouldBe null
                    }
                    currentTime shouldBe 60_000
                    other.close()
                }
            }
        }
    }

    private val forms: List<Pair<String, suspend (SuspendingMemoryScope, SuspendingPool) -> Unit>> get() = listOf(
        "a rent" to { scope, _ -> scope.rent(60) },
        "a rent of several" to { scope, _ -> scope.rentAll(30, 30) },
        "a rent from a pool" to { scope, pool -> scope.run { pool.rent(60) } },
    )

    private val detached: List<Pair<String, suspend (suspend () -> Unit) -> Unit>> get() = listOf(
        "NonCancellable" to { block -> withContext(NonCancellable) { withTimeoutOrNull(2.minutes) { block() } } },
        "runBlocking" to { block -> runBlocking { withTimeoutOrNull(2.minutes) { block() } } },
    )
}
