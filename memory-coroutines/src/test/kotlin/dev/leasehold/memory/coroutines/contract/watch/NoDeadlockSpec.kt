package dev.leasehold.memory.coroutines.contract.watch

import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.coroutines.leaseIn
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentOrNull
import dev.leasehold.memory.coroutines.support.PATIENCE
import dev.leasehold.memory.coroutines.support.until
import dev.leasehold.memory.coroutines.support.watched
import dev.leasehold.memory.coroutines.withLease
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** What the watch must leave alone. The capacity is 100 bytes. */
class NoDeadlockSpec : FunSpec({
    /** Long enough for the watch to fail what it takes for a deadlock. */
    val long = PATIENCE * 3

    context("none fails") {
        test("while another child closes its lease in time") {
            watched(patience = 10.seconds) { pool ->
                memoryScope(pool) {
                    launch {
                        val mine = rent(60)
                        until("the body waits") { pool.stats().waiters == 1 }
                        delay(100.milliseconds)
                        mine.close()
                    }
                    until("the child has its lease") { pool.stats().used == 60L }
                    rent(60).size shouldBe 60
                }
            }
        }

        test("while the body closes in time what its child waits for") {
            watched(patience = 10.seconds) { pool ->
                memoryScope(pool) {
                    val mine = rent(60)
                    launch { rent(60) }
                    until("the child waits") { pool.stats().waiters == 1 }
                    delay(100.milliseconds)
                    mine.close()
                }
            }
        }

        test("while others hold the bytes, however long") {
            watched { pool ->
                val other = pool.rent(50)
                val waiting = launch {
                    memoryScope(pool) {
                        rent(30)
                        launch { rent(60) }
                        rent(10)
                    }
                }
                until("a part of the scope waits") { pool.stats().waiters >= 1 }
                delay(long)
                waiting.isActive shouldBe true
                other.close()
                waiting.join()
            }
        }

        test("while another scope works with the bytes and does not wait") {
            watched { pool ->
                launch {
                    memoryScope(pool) {
                        rent(60)
                        until("the other waits") { pool.stats().waiters == 1 }
                        delay(long)
                    }
                }
                until("the first has its lease") { pool.stats().used == 60L }
                memoryScope(pool) {
                    rent(40)
                    rent(50)
                }
            }
        }

        test("whose lease is bound to a job that ends it") {
            watched(patience = 10.seconds) { pool ->
                val owner = Job()
                launch {
                    until("the scope waits") { pool.stats().waiters == 1 }
                    owner.complete()
                }
                memoryScope(pool) {
                    pool.leaseIn(owner, 60)
                    rent(60).size shouldBe 60
                }
            }
        }

        test("that merely remembers the scope, and is no child of it") {
            watched { pool ->
                lateinit var outlives: Job
                memoryScope(pool) {
                    rent(60)
                    outlives = CoroutineScope(coroutineContext + Job()).launch { pool.withLease(60) {} }
                    until("it waits") { pool.stats().waiters == 1 }
                    delay(long)
                    outlives.isActive shouldBe true
                }
                outlives.join()
            }
        }

        test("by a pool whose patience is infinite") {
            watched(Duration.INFINITE) { pool ->
                val waiting = launch {
                    memoryScope(pool) {
                        rent(60)
                        rent(60)
                    }
                }
                until("it waits") { pool.stats().waiters == 1 }
                delay(long)
                pool.stats().waiters shouldBe 1
                waiting.cancelAndJoin()
            }
        }

        test("that has a timeout that ends before the patience does") {
            watched(patience = 60.seconds) { pool ->
                memoryScope(pool) {
                    launch { rent(60) }
                    until("the child has its lease") { pool.stats().used == 60L }
                    shouldThrow<RentTimeoutException> { rent(60, timeout = 20.milliseconds) }
                    pool.rentOrNull(60, 20.milliseconds) shouldBe null
                }
            }
        }
    }
})
