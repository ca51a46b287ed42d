@file:OptIn(ExperimentalCoroutinesApi::class)

package dev.leasehold.memory.coroutines

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.withContext
import kotlin.time.Duration.Companion.seconds

/**
 * What the watch tells a scope that waits for itself, and when. The capacity is 100 bytes, the patience ten seconds of virtual
 * time.
 */
class DeadlockSpec : FunSpec() {
    init {
        context("what is certain is told at once") {
            test("a body that asks for what its own scope holds") {
                inTime { pool ->
                    val refusal = shouldThrow<RentDeadlockException> {
                        withContext(CoroutineName("upload")) {
                            memoryScope(pool, "work") {
                                rent(60)
                                rent(60)
                            }
                        }
                    }
                    currentTime shouldBe 0
                    withoutAddresses(refusal.message) shouldBe
                        "pool 'deadlock': coroutine 'upload' (ScopeCoroutine) asks for 60 bytes of a capacity of " +
                        "100, of which memory scope 'work' of coroutine 'upload' (UndispatchedCoroutine) holds 60: " +
                        "nothing of that can come back before it goes on; rent several at once with rentAll, close " +
                        "leases sooner, or raise the capacity"
                    refusal.poolName shouldBe "deadlock"
                    refusal.requested shouldBe 60
                    refusal.held shouldBe 60
                }
            }

            test("a body that asks for what its scope and the scope around it hold together") {
                inTime { pool ->
                    val refusal = shouldThrow<RentDeadlockException> {
                        memoryScope(pool, "outer") {
                            rent(30)
                            memoryScope(pool, "inner") {
                                rent(40)
                                rent(40)
                            }
                        }
                    }
                    currentTime shouldBe 0
                    refusal.held shouldBe 70
                }
            }

            test("a body that asks by withLease, by rentAll, or outside of the scope's receiver") {
                inTime { pool ->
                    for (ask in asks) {
                        shouldThrow<RentDeadlockException> {
                            memoryScope(pool) {
                                rent(60)
                                ask(pool)
                            }
                        }.held shouldBe 60
                    }
                    currentTime shouldBe 0
                }
            }

            test("a withLease inside of another one of the same coroutine, where the pool traces sites") {
                inTime(traced = true) { pool ->
                    val refusal = shouldThrow<RentDeadlockException> {
                        pool.withLease(60) { pool.withLease(60) {} }
                    }
                    currentTime shouldBe 0
                    withoutAddresses(refusal.message) shouldBe
                        "pool 'deadlock': a coroutine (TestScope[test started]) asks for 60 bytes of a capacity of " +
                        "100, of which its own withLease holds 60: nothing of that can come back before it goes on; " +
                        "rent several at once with rentAll, close leases sooner, or raise the capacity"
                }
            }

            test("a scope inside of a withLease, both of which hold some, where the pool traces sites") {
                inTime(traced = true) { pool ->
                    shouldThrow<RentDeadlockException> {
                        pool.withLease(30) {
                            memoryScope(pool) {
                                rent(40)
                                rent(40)
                            }
                        }
                    }.held shouldBe 70
                    currentTime shouldBe 0
                }
            }
        }

        context("what is only likely is told after the patience") {
            test("a child that asks for what the scope holds, while the body waits for it") {
                inTime { pool ->
                    val refusal = shouldThrow<RentDeadlockException> {
                        memoryScope(pool, "work") {
                            rent(60)
                            launch(CoroutineName("child")) { rent(60) }
                        }
                    }
                    currentTime shouldBe 10_000
                    withoutAddresses(refusal.message) shouldBe
                        "pool 'deadlock': coroutine 'child' (StandaloneCoroutine) asks for 60 bytes of a capacity of " +
                        "100, of which memory scope 'work' of a coroutine (TestScope[test started]) holds 60: " +
                        "nothing of that came back within 10s, so it seems to wait for itself; rent several at once " +
                        "with rentAll, close leases sooner, or raise the capacity"
                }
            }

            test("a body that waits while a child holds on to what the scope has") {
                inTime { pool ->
                    shouldThrow<RentDeadlockException> {
                        memoryScope(pool) {
                            launch {
                                rent(60)
                                awaitCancellation()
                            }
                            delay(1.seconds)
                            rentAll(30, 30)
                        }
                    }
                    currentTime shouldBe 11_000
                }
            }

            test("a child that is blocked only by what came into its scope while it waited") {
                inTime { pool ->
                    val outside = pool.rent(100)
                    val caught = launch {
                        shouldThrow<RentDeadlockException> {
                            memoryScope(pool) {
                                launch { rent(60) }
                                delay(1.seconds)
                                launch { rent(60) }
                            }
                        }
                    }
                    // Long enough for the watch to have gone to sleep.
                    delay(60.seconds)
                    caught.isActive shouldBe true
                    outside.close()
                    caught.join()
                    currentTime shouldBe 70_000
                }
            }

            test("the patience starts anew when the scope gives something back") {
                inTime { pool ->
                    shouldThrow<RentDeadlockException> {
                        memoryScope(pool) {
                            rent(60)
                            val small = rent(20)
                            launch { rent(50) }
                            delay(9.seconds)
                            small.close()
                        }
                    }
                    currentTime shouldBe 20_000
                }
            }
        }

        test("a waiter under the watch leaves the line at the moment that it is cancelled") {
            inTime { pool ->
                memoryScope(pool) {
                    rent(60)
                    val child = launch(start = CoroutineStart.UNDISPATCHED) { rent(60) }
                    pool.stats().waiters shouldBe 1
                    child.cancel()
                    pool.stats().waiters shouldBe 0
                }
            }
        }

        test("cancellation under the watch loses nothing, at whatever moment it comes") {
            lending("watched", 500) { pool ->
                coroutineScope {
                    repeat(1500) { index ->
                        val job = launch(Dispatchers.Default) {
                            memoryScope(pool) {
                                rent(20)
                                launch { pool.withLease(30) {} }
                                launch { if (index % 2 == 0) rent(40) else rentAll(10, 10) }
                            }
                        }
                        launch(Dispatchers.Default) {
                            if (index % 3 != 0) delay(1)
                            job.cancelAndJoin()
                        }
                    }
                }
            }
        }
    }

    private val asks: List<suspend (SuspendingPool) -> Unit> = listOf(
        { it.withLease(60) {} },
        { it.rentAll(30, 30).close() },
        { it.rent(60).close() },
    )
}
