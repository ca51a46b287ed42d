package dev.leasehold.memory.coroutines.contract.watch

import dev.leasehold.memory.coroutines.RentDeadlockException
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAll
import dev.leasehold.memory.coroutines.support.ENDLESS_PATIENCE
import dev.leasehold.memory.coroutines.support.PATIENCE
import dev.leasehold.memory.coroutines.support.lending
import dev.leasehold.memory.coroutines.support.until
import dev.leasehold.memory.coroutines.support.watched
import dev.leasehold.memory.coroutines.support.withoutAddresses
import dev.leasehold.memory.coroutines.withLease
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlin.time.measureTime

/** When a scope that waits for itself fails, and how. The capacity is 100 bytes. */
class DeadlockSpec : FunSpec() {
    init {
        context("what is certain fails at once") {
            test("a body that requests what its own scope holds") {
                watched(ENDLESS_PATIENCE) { pool ->
                    val refusal = shouldThrow<RentDeadlockException> {
                        withContext(CoroutineName("upload")) {
                            memoryScope(pool, "work") {
                                rent(60)
                                rent(60)
                            }
                        }
                    }
                    withoutAddresses(refusal.message) shouldBe
                        "pool 'deadlock': coroutine 'upload' (ScopeCoroutine) requests 60 bytes of a capacity of 100 " +
                        "bytes, of which memory scope 'work' of coroutine 'upload' (UndispatchedCoroutine) holds 60 " +
                        "bytes: nothing of that can come back before it goes on; rent several at once with rentAll, " +
                        "close leases sooner, or raise the capacity"
                    refusal.poolName shouldBe "deadlock"
                    refusal.requested shouldBe 60
                    refusal.held shouldBe 60
                }
            }

            test("a body that requests what its scope and the scope around it hold together") {
                watched(ENDLESS_PATIENCE) { pool ->
                    val refusal = shouldThrow<RentDeadlockException> {
                        memoryScope(pool, "outer") {
                            rent(30)
                            memoryScope(pool, "inner") {
                                rent(40)
                                rent(40)
                            }
                        }
                    }
                    refusal.held shouldBe 70
                }
            }

            test("a body that requests by withLease, by rentAll, or outside of the scope's receiver") {
                watched(ENDLESS_PATIENCE) { pool ->
                    for (request in requests) {
                        shouldThrow<RentDeadlockException> {
                            memoryScope(pool) {
                                rent(60)
                                request(pool)
                            }
                        }.held shouldBe 60
                    }
                }
            }

            test("a withLease inside of another one of the same coroutine, where the pool traces sites") {
                watched(ENDLESS_PATIENCE, traced = true) { pool ->
                    val refusal = shouldThrow<RentDeadlockException> {
                        pool.withLease(60) { pool.withLease(60) {} }
                    }
                    withoutAddresses(refusal.message) shouldBe
                        "pool 'deadlock': coroutine 'test' (DispatchedCoroutine) requests 60 bytes of a capacity of " +
                        "100 bytes, of which its own withLease holds 60 bytes: nothing of that can come back before " +
                        "it goes on; rent several at once with rentAll, close leases sooner, or raise the capacity"
                }
            }

            test("a scope inside of a withLease, both of which hold some, where the pool traces sites") {
                watched(ENDLESS_PATIENCE, traced = true) { pool ->
                    shouldThrow<RentDeadlockException> {
                        pool.withLease(30) {
                            memoryScope(pool) {
                                rent(40)
                                rent(40)
                            }
                        }
                    }.held shouldBe 70
                }
            }
        }

        context("what is only likely fails after the patience") {
            test("a child that requests what the scope holds, while the body waits for it") {
                watched { pool ->
                    val refusal: RentDeadlockException
                    measureTime {
                        refusal = shouldThrow<RentDeadlockException> {
                            memoryScope(pool, "work") {
                                rent(60)
                                launch(CoroutineName("child")) { rent(60) }
                            }
                        }
                    } shouldBeGreaterThanOrEqualTo PATIENCE
                    withoutAddresses(refusal.message) shouldBe
                        "pool 'deadlock': coroutine 'child' (StandaloneCoroutine) requests 60 bytes of a capacity of " +
                        "100 bytes, of which memory scope 'work' of coroutine 'test' (DispatchedCoroutine) holds 60 " +
                        "bytes: nothing of that came back within 150ms, so it seems to wait for itself; rent several " +
                        "at once with rentAll, close leases sooner, or raise the capacity"
                }
            }

            test("a body that waits while a child holds on to what the scope has") {
                watched { pool ->
                    measureTime {
                        shouldThrow<RentDeadlockException> {
                            memoryScope(pool) {
                                launch {
                                    rent(60)
                                    awaitCancellation()
                                }
                                until("the child has its lease") { pool.stats().used == 60L }
                                rentAll(30, 30)
                            }
                        }
                    } shouldBeGreaterThanOrEqualTo PATIENCE
                }
            }

            test("a child that is blocked only by what came into its scope while it waited") {
                watched { pool ->
                    val outside = pool.rent(100)
                    val failed = launch {
                        shouldThrow<RentDeadlockException> {
                            memoryScope(pool) {
                                launch { rent(60) }
                                until("the first child waits") { pool.stats().waiters == 1 }
                                launch { rent(60) }
                            }
                        }
                    }
                    until("both wait") { pool.stats().waiters == 2 }
                    // Long enough for the watch to have looked, and found nothing wrong.
                    delay(PATIENCE * 3)
                    failed.isActive shouldBe true
                    outside.close()
                    failed.join()
                }
            }

            test("the patience starts anew when the scope gives something back") {
                watched(patience = 2.seconds) { pool ->
                    var closedAt: TimeSource.Monotonic.ValueTimeMark? = null
                    shouldThrow<RentDeadlockException> {
                        memoryScope(pool) {
                            rent(60)
                            val small = rent(20)
                            launch { rent(50) }
                            delay(200.milliseconds)
                            closedAt = TimeSource.Monotonic.markNow()
                            small.close()
                        }
                    }
                    closedAt!!.elapsedNow() shouldBeGreaterThanOrEqualTo 2.seconds
                }
            }
        }

        test("a waiter under the watch leaves the line at the moment that it is cancelled") {
            watched { pool ->
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

    private val requests: List<suspend (SuspendingPool) -> Unit> = listOf(
        { it.withLease(60) {} },
        { it.rentAll(30, 30).close() },
        { it.rent(60).close() },
    )
}
