@file:OptIn(ExperimentalCoroutinesApi::class)

package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.InvalidTimeoutException
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.withLease
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class WithLeaseSpec : FunSpec() {
    init {
        test("a lease is used across dispatchers and closed at the end") {
            MemoryPool.isolated("hops").use { pool ->
                lateinit var kept: SharedLease
                val sum = pool.withLease(64) { lease ->
                    kept = lease
                    withContext(Dispatchers.Default) { lease.withSegment { it.setLong(0, 40) } }
                    withContext(Dispatchers.IO) { lease.withSegment { it.setLong(8, 2) } }
                    lease.withSegment { it.getLong(0) } + lease.withSegment { it.getLong(8) }
                }
                sum shouldBe 42
                shouldThrow<LeaseClosedException> { kept.keptSegment }
                pool.stats().used shouldBe 0
            }
        }

        test("a lease goes back when the coroutine is cancelled inside") {
            MemoryPool.isolated("cancelled").use { pool ->
                val inside = CompletableDeferred<Unit>()
                val job = launch {
                    pool.withLease(1000) {
                        inside.complete(Unit)
                        awaitCancellation()
                    }
                }
                inside.await()
                pool.stats().used shouldBe 1024
                job.cancelAndJoin()
                pool.stats().used shouldBe 0
            }
        }

        test("a call with a timeout gets its lease in time, or says that it did not and never begins") {
            MemoryPool.isolated("hurried").use { memory ->
                SuspendingPool(memory, 100).use { pool ->
                    runTest {
                        var begun = 0
                        pool.withLease(60, 1.seconds) {
                            delay(1.minutes) // The time is that of the wait, not of the block.
                            shouldThrow<RentTimeoutException> { pool.withLease(60, 1.seconds) { begun++ } }
                            begun++
                        }
                        begun shouldBe 1
                        currentTime shouldBe 61_000
                        shouldThrow<InvalidTimeoutException> { pool.withLease(60, 0.seconds) { begun++ } }
                        pool.stats().used shouldBe 0
                    }
                }
                memory.stats().used shouldBe 0
            }
        }

        test("a lease goes back when the block fails") {
            MemoryPool.isolated("failing").use { pool ->
                shouldThrow<IllegalStateException> { pool.withLease(10) { error("no") } }.message shouldBe "no"
                pool.stats().used shouldBe 0
            }
        }
    }
}
