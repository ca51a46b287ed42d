@file:OptIn(ExperimentalCoroutinesApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.RentTimeoutException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.advanceUntilIdle
import kotlinx.coroutines.test.currentTime
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** What the watch must not tell. The capacity is 100 bytes, the patience ten seconds of virtual time. */
class NoDeadlockSpec : FunSpec({
    context("nobody is told") {
        test("while another child closes its lease in time") {
            inTime { pool ->
                memoryScope(pool) {
                    launch {
                        val mine = rent(60)
                        delay(9.seconds)
                        mine.close()
                    }
                    delay(1.seconds)
                    rent(60).size shouldBe 60
                    currentTime shouldBe 9_000
                }
            }
        }

        test("while the body closes in time what its child waits for") {
            inTime { pool ->
                memoryScope(pool) {
                    val mine = rent(60)
                    launch { rent(60) }
                    delay(9.seconds)
                    mine.close()
                }
                currentTime shouldBe 9_000
            }
        }

        test("while others hold the bytes, however long, and no clock runs meanwhile") {
            inTime { pool ->
                val other = pool.rent(50)
                val waiting = launch {
                    memoryScope(pool) {
                        rent(30)
                        launch { rent(60) }
                        rent(10)
                    }
                }
                advanceUntilIdle()
                waiting.isActive shouldBe true
                currentTime shouldBe 10_000
                delay(3600.seconds)
                other.close()
                waiting.join()
            }
        }

        test("while another scope works with the bytes and does not wait") {
            inTime { pool ->
                launch {
                    memoryScope(pool) {
                        rent(60)
                        delay(100.seconds)
                    }
                }
                delay(1.seconds)
                memoryScope(pool) {
                    rent(40)
                    rent(50)
                }
                currentTime shouldBe 100_000
            }
        }

        test("whose lease is bound to a job that ends it") {
            inTime { pool ->
                val owner = Job()
                launch {
                    delay(5.seconds)
                    owner.complete()
                }
                memoryScope(pool) {
                    pool.leaseIn(owner, 60)
                    rent(60).size shouldBe 60
                }
                currentTime shouldBe 5_000
            }
        }

        test("that merely remembers the scope, and is no child of it") {
            inTime { pool ->
                lateinit var outlives: Job
                memoryScope(pool) {
                    rent(60)
                    outlives = CoroutineScope(coroutineContext + Job()).launch { pool.withLease(60) {} }
                    delay(30.seconds)
                }
                outlives.join()
                currentTime shouldBe 30_000
            }
        }

        test("by a pool whose patience is infinite") {
            inTime(Duration.INFINITE) { pool ->
                val waiting = launch {
                    memoryScope(pool) {
                        rent(60)
                        rent(60)
                    }
                }
                advanceUntilIdle()
                pool.stats().waiters shouldBe 1
                waiting.cancelAndJoin()
            }
        }

        test("who asked with a timeout that ends before the patience does") {
            inTime { pool ->
                memoryScope(pool) {
                    rent(60)
                    shouldThrow<RentTimeoutException> { rent(60, timeout = 3.seconds) }
                    pool.rentOrNull(60, 3.seconds) shouldBe null
                }
                currentTime shouldBe 6_000
            }
        }
    }
})
