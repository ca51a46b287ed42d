package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.tryRent
import dev.leasehold.memory.coroutines.withLease
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.yield
import java.util.concurrent.atomic.AtomicLong

class SuspendingPoolSpec : FunSpec() {
    init {
        test("a rent waits until the bytes that are out come back") {
            over("waits", 100) { pool ->
                val order = ArrayList<String>()
                runTest {
                    val first = pool.rent(60)
                    val waiter = launch {
                        pool.withLease(60) { order += "leased" }
                    }
                    yield()
                    pool.stats().waiters shouldBe 1
                    order += "closed"
                    first.close()
                    waiter.join()
                }
                order shouldContainExactly listOf("closed", "leased")
            }
        }

        test("grants come in the order of arrival, and none overtakes a large request") {
            over("order", 100) { pool ->
                val order = ArrayList<Int>()
                runTest {
                    val first = pool.rent(50)
                    for ((index, size) in longArrayOf(80, 10, 100, 1).withIndex()) {
                        launch { pool.withLease(size) { order += index } }
                        yield()
                    }
                    pool.tryRent(1) shouldBe null
                    first.close()
                }
                order shouldContainExactly listOf(0, 1, 2, 3)
            }
        }

        test("a waiter that is cancelled leaves the line at once, and those behind it go on") {
            over("cancelled", 100) { pool ->
                runTest {
                    pool.withLease(60) {
                        val large = launch { pool.withLease(100) { error("never") } }
                        val small = launch { pool.withLease(40) {} }
                        yield()
                        pool.stats().waiters shouldBe 2
                        large.cancelAndJoin()
                        small.join()
                        pool.stats().waiters shouldBe 0
                    }
                }
            }
        }

        test("a scope owns what its body and its children rent, and closes it when all have ended") {
            over("scope", 1000) { pool ->
                lateinit var kept: SharedLease
                runTest {
                    memoryScope(pool) {
                        kept = rent(10)
                        launch { pool.rent(20) }
                        launch { launch { pool.rent(30) } }
                        yield()
                        kept.isClosed shouldBe false
                    }
                }
                kept.isClosed shouldBe true
            }
        }

        test("a flow is emitted to from inside of a scope") {
            over("emitting", 1000) { pool ->
                val sizes = flow {
                    memoryScope(pool) {
                        emit(rent(10).size)
                        emit(rent(20).size)
                    }
                }
                sizes.toList() shouldContainExactly listOf(10L, 20L)
            }
        }

        test("thousands of coroutines on all threads lose no byte") {
            over("many", 1000) { pool ->
                val most = AtomicLong()
                coroutineScope {
                    repeat(64) { index ->
                        launch(Dispatchers.Default) {
                            repeat(2000) {
                                pool.withLease(100L + index) {
                                    val used = pool.stats().used
                                    most.accumulateAndGet(used, ::maxOf)
                                    if (it.size % 2 == 0L) yield()
                                }
                            }
                        }
                    }
                }
                (most.get() <= 1000) shouldBe true
            }
        }

        test("cancellation at random moments loses nothing") {
            over("random", 500) { pool ->
                coroutineScope {
                    repeat(2000) { index ->
                        val job = launch(Dispatchers.Default) {
                            pool.withLease(100) { if (index % 3 == 0) awaitCancellation() else yield() }
                        }
                        launch(Dispatchers.Default) {
                            if (index % 2 == 0) yield()
                            job.cancelAndJoin()
                        }
                    }
                }
            }
        }

        test("a size above the capacity is refused at once") {
            over("refusal", 100) { pool ->
                shouldThrow<InvalidSizeException> { pool.rent(101) }.message shouldBe
                    "pool 'refusal': 101 bytes requested, and the capacity of its suspending pool is 100 bytes, so " +
                    "no wait could help: raise the capacity or request less"
            }
        }
    }

    private suspend fun over(name: String, capacity: Long, block: suspend (SuspendingPool) -> Unit) {
        MemoryPool.isolated(name).use { memory ->
            SuspendingPool(memory, capacity).use { pool ->
                block(pool)
                pool.stats().used shouldBe 0
                pool.stats().waiters shouldBe 0
            }
            memory.stats().used shouldBe 0
        }
    }
}
