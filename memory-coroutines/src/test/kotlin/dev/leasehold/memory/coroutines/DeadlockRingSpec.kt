@file:OptIn(ExperimentalCoroutinesApi::class)

package dev.leasehold.memory.coroutines

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.advanceUntilIdle
import kotlinx.coroutines.test.currentTime
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** What scopes are told that wait for one another. The capacity is 100 bytes, the patience ten seconds of virtual time. */
class DeadlockRingSpec : FunSpec({
    context("a ring") {
        test("of two scopes that each hold some and ask for more is told to the one that closed it") {
            inTime { pool ->
                val first = launch(CoroutineName("first")) { holdAndAsk(pool, 40, 30, 1.seconds) }
                var told: RentDeadlockException? = null
                launch(CoroutineName("second")) {
                    told = shouldThrow { holdAndAsk(pool, 40, 40, 5.seconds) }
                }
                first.join()
                currentTime shouldBe 15_000
                withoutAddresses(told?.message) shouldBe
                    "pool 'deadlock': coroutine 'second' (ScopeCoroutine) asks for 40 bytes of a capacity of " +
                    "100, of which the scopes of 2 coroutines that wait for one another hold 80: the first of " +
                    "them asks for 30, and nothing came back within 10s. This one closed the ring, so it is " +
                    "told, and its scopes hold 40; rent several at once with rentAll, close leases sooner, or " +
                    "raise the capacity"
            }
        }

        test("of three is broken once, and the two others go on") {
            inTime { pool ->
                val told = ArrayList<Int>()
                for (index in 0..2) {
                    launch {
                        try {
                            holdAndAsk(pool, 30, 40, (index + 1).seconds)
                        } catch (_: RentDeadlockException) {
                            told += index
                        }
                    }
                }
                advanceUntilIdle()
                told shouldBe listOf(2)
            }
        }

        test("through the line, behind a request that cannot be met while the one behind it waits") {
            inTime { pool ->
                val told = launch {
                    shouldThrow<RentDeadlockException> { holdAndAsk(pool, 40, 20, 1.seconds) }.held shouldBe 40
                }
                val large = launch { pool.withLease(100) {} }
                told.join()
                large.join()
                currentTime shouldBe 11_000
            }
        }

        test("that appears when the one who hid it leaves the line is found all the same") {
            inTime { pool ->
                val told = ArrayList<String>()
                fun ask(name: String, hold: Long, more: Long, after: Duration) = launch {
                    try {
                        holdAndAsk(pool, hold, more, after)
                    } catch (_: RentDeadlockException) {
                        told += name
                    }
                }
                ask("first", 40, 40, 1.seconds)
                val second = ask("second", 30, 10, 2.seconds)
                ask("third", 30, 5, 3.seconds)
                advanceUntilIdle()
                second.join()
                told shouldBe listOf("second", "third")
            }
        }
    }
})
