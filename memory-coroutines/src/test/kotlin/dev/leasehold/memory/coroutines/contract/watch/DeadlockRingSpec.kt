package dev.leasehold.memory.coroutines.contract.watch

import dev.leasehold.memory.coroutines.RentDeadlockException
import dev.leasehold.memory.coroutines.support.PATIENCE
import dev.leasehold.memory.coroutines.support.holdAndRequest
import dev.leasehold.memory.coroutines.support.until
import dev.leasehold.memory.coroutines.support.watched
import dev.leasehold.memory.coroutines.support.withoutAddresses
import dev.leasehold.memory.coroutines.tryRent
import dev.leasehold.memory.coroutines.withLease
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.async
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.measureTime

/** What becomes of scopes that wait for one another. The capacity is 100 bytes. */
class DeadlockRingSpec : FunSpec({
    context("a ring") {
        test("of two scopes that each hold some and request more fails the one that closed it") {
            watched { pool ->
                val first = launch(CoroutineName("first")) { holdAndRequest(pool, 40, 30) { pool.stats().used == 80L } }
                val second = async(CoroutineName("second")) {
                    shouldThrow<RentDeadlockException> { holdAndRequest(pool, 40, 40) { pool.stats().waiters == 1 } }
                }
                measureTime { first.join() } shouldBeGreaterThanOrEqualTo PATIENCE
                withoutAddresses(second.await().message) shouldBe
                    "pool 'deadlock': coroutine 'second' (ScopeCoroutine) requests 40 bytes of a capacity of 100 " +
                    "bytes, of which the scopes of 2 coroutines that wait for one another hold 80 bytes: the first " +
                    "of them requests 30 bytes, and nothing came back within 150ms. This one closed the ring, so it " +
                    "fails, and its scopes hold 40 bytes; rent several at once with rentAll, close leases sooner, or " +
                    "raise the capacity"
            }
        }

        test("of three is broken once, and the two others go on") {
            watched { pool ->
                val failed = CopyOnWriteArrayList<Int>()
                List(3) { index ->
                    launch {
                        try {
                            holdAndRequest(pool, 30, 40) { pool.stats().waiters == index && pool.stats().used == 90L }
                        } catch (_: RentDeadlockException) {
                            failed += index
                        }
                    }
                }.joinAll()
                failed shouldContainExactly listOf(2)
            }
        }

        test("through the line, behind a request that cannot be met while the one behind it waits") {
            watched { pool ->
                val closing = launch {
                    shouldThrow<RentDeadlockException> {
                        // What has joined the line lets nothing pass from a moment later on.
                        holdAndRequest(pool, 40, 20) { pool.tryRent(1)?.also { it.close() } == null }
                    }.held shouldBe 40
                }
                until("the scope holds its part") { pool.stats().used == 40L }
                val large = launch { pool.withLease(100) {} }
                measureTime { joinAll(closing, large) } shouldBeGreaterThanOrEqualTo PATIENCE
            }
        }

        test("that appears when the one that hid it leaves the line is found all the same") {
            watched { pool ->
                val failed = CopyOnWriteArrayList<String>()
                fun request(name: String, hold: Long, more: Long, behind: Int) = launch {
                    try {
                        holdAndRequest(pool, hold, more) { pool.stats().waiters == behind && pool.stats().used == 100L }
                    } catch (_: RentDeadlockException) {
                        failed += name
                    }
                }
                joinAll(request("first", 40, 40, 0), request("second", 30, 10, 1), request("third", 30, 5, 2))
                failed shouldContainExactly listOf("second", "third")
            }
        }
    }
})
