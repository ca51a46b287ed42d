@file:OptIn(ExperimentalCoroutinesApi::class)

package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.InvalidTimeoutException
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingMemoryScope
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.TooManyWaitersException
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.leaseIn
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAll
import dev.leasehold.memory.coroutines.rentOrNull
import dev.leasehold.memory.coroutines.support.over
import dev.leasehold.memory.coroutines.tryRent
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.coroutines.withLeases
import dev.leasehold.memory.dsl.ScopeClosedException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** What is wrong is refused at once, by a message that names the figure, the bound, the renter and what to do. */
class RefusalSpec : FunSpec({
    val forms = listOf<Pair<String, suspend (SuspendingPool, Long) -> Unit>>(
        "withLease" to { pool, size -> pool.withLease(size) {} },
        "rent" to { pool, size -> pool.rent(size).close() },
        "rent with a timeout" to { pool, size -> pool.rent(size, 1.seconds).close() },
        "rentOrNull" to { pool, size -> pool.rentOrNull(size, 1.seconds)?.close() },
        "tryRent" to { pool, size -> pool.tryRent(size)?.close() },
        "leaseIn" to { pool, size -> pool.leaseIn(Job(), size).close() },
        "a scope's rent" to { pool, size -> memoryScope(pool) { rent(size) } },
    )
    for ((form, rent) in forms) {
        test("$form refuses a size that can never be, and a closed pool") {
            over("sizes", 100) { pool ->
                shouldThrow<InvalidSizeException> { rent(pool, -1) }.message shouldBe
                    "pool 'sizes': a size must not be negative, and was -1 bytes"
                val above = shouldThrow<InvalidSizeException> { rent(pool, 101) }
                above.message shouldBe "pool 'sizes': 101 bytes requested, and the capacity of its suspending pool " +
                    "is 100 bytes, so no wait could help: raise the capacity or request less"
                above.size shouldBe 101
                pool.close()
                val closed = shouldThrow<PoolClosedException> { rent(pool, 1) }
                closed.message shouldBe "the suspending pool over 'sizes' is closed: rent from one that is open"
                closed.poolName shouldBe "sizes"
            }
            over(MemoryPool.fixed("chunks", 16, 16), 200) { pool ->
                shouldThrow<InvalidSizeException> { rent(pool, 17) }.message shouldBe
                    "pool 'chunks': 17 bytes requested, and its chunks have 16 bytes: make the chunks larger or " +
                    "request less"
                val all = pool.rentAll(16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 8)
                shouldThrow<InvalidSizeException> { rent(pool, 17) }
                all.close()
            }
            SuspendingPool(MemoryPool.isolated("below").also { it.close() }, 100).use { pool ->
                shouldThrow<PoolClosedException> { rent(pool, 1) }.message shouldBe
                    "pool 'below' is closed: rent from a pool that is open"
                pool.stats().used shouldBe 0
            }
        }
    }

    test("a size that is above the limit of the pool below, too, is refused with both") {
        over(MemoryPool.isolated("both") { limit = 8192 }, 4096) { pool ->
            shouldThrow<InvalidSizeException> { pool.withLease(8192) {} }.message shouldBe
                "pool 'both': 8,192 bytes requested, and the capacity of its suspending pool is 4,096 bytes, so no " +
                "wait could help: raise the capacity or request less"
            shouldThrow<InvalidSizeException> { pool.withLease(8193) {} }.message shouldBe
                "pool 'both': 8,193 bytes requested, and the capacity of its suspending pool is 4,096 bytes, so no " +
                "wait could help: raise the capacity, and the limit of the pool, 8,192 bytes, or request less"
        }
    }

    test("several at once are refused when one can never be, or their sum is too large, also beyond a long") {
        over("sum", 100) { pool ->
            shouldThrow<InvalidSizeException> { pool.rentAll(60, 41) }.message shouldBe
                "pool 'sum': 101 bytes requested at once (60 + 41), and the capacity of its suspending pool is 100 " +
                "bytes, so no wait could help: raise the capacity or request less"
            shouldThrow<InvalidSizeException> { pool.rentAll(60, -1) }.message shouldBe
                "pool 'sum': a size must not be negative, and was -1 bytes"
            val huge = 1L shl 46
            val beyond = shouldThrow<InvalidSizeException> { pool.rentAll(*LongArray(1 shl 18) { huge }) }
            beyond.size shouldBe Long.MAX_VALUE
            beyond.message!! shouldContain "(70368744177664 + 70368744177664 + "
            beyond.message!!.length shouldBeLessThan 500
            pool.rentAll().use { it.size shouldBe 0 }
        }
    }

    test("a timeout that is not positive is refused, and takes nothing") {
        over("time", 100) { pool ->
            for (timeout in listOf(Duration.ZERO, (-1).seconds)) {
                val rents = listOf<suspend () -> Unit>(
                    { pool.rent(1, timeout) },
                    { pool.rentOrNull(1, timeout) },
                    { memoryScope(pool) { rent(1, timeout) } },
                )
                for (rent in rents) {
                    shouldThrow<InvalidTimeoutException> { rent() }.message shouldBe
                        "a timeout must be positive, and was $timeout; tryRent does not wait"
                }
            }
        }
    }

    test("a rent whose time is up names the coroutine, and what was in the way") {
        over("busy", 100) { pool ->
            runTest {
                val held = pool.rent(90)
                val refusal = withContext(CoroutineName("reader")) {
                    shouldThrow<RentTimeoutException> { pool.rent(20, 3.seconds) }
                }
                refusal.message!! shouldMatch Regex(
                    "pool 'busy': 20 bytes did not come free within 3s for coroutine 'reader' " +
                        "\\(.*Coroutine.*\\{Active}@.*\\); 90 bytes of the capacity of 100 bytes are out and 0 wait: " +
                        "close leases sooner, raise the capacity, or wait longer",
                )
                refusal.requested shouldBe 20
                held.close()
            }
        }
    }

    test("one that waits already is counted as one") {
        over(MemoryPool.isolated("couple"), 100, { maxWaiters = 1 }) { pool ->
            runTest {
                val all = pool.rent(100)
                launch { pool.withLease(1) {} }
                runCurrent()
                shouldThrow<TooManyWaitersException> { pool.rent(7) }.message!! shouldMatch Regex(
                    "pool 'couple': a coroutine \\(.*\\) requested 7 bytes while 1 waits already, the most that may: " +
                        "raise maxWaiters, or admit fewer at a time",
                )
                all.close()
            }
        }
        over(MemoryPool.isolated("pair"), 100) { pool ->
            runTest {
                val all = pool.rent(100)
                launch { pool.withLease(1) {} }
                runCurrent()
                shouldThrow<RentTimeoutException> { pool.rent(7, 3.seconds) }.message!! shouldMatch Regex(
                    "pool 'pair': 7 bytes did not come free within 3s for a coroutine \\(.*\\); 100 bytes of the " +
                        "capacity of 100 bytes are out and 1 waits: close leases sooner, raise the capacity, or wait " +
                        "longer",
                )
                all.close()
            }
        }
    }

    test("one more than may wait is refused, and named") {
        over(MemoryPool.isolated("crowd"), 100, { maxWaiters = 2 }) { pool ->
            runTest {
                val all = pool.rent(100)
                repeat(2) { launch { pool.withLease(1) {} } }
                runCurrent()
                val refusal = withContext(CoroutineName("third")) {
                    shouldThrow<TooManyWaitersException> { pool.rent(7) }
                }
                refusal.message!! shouldMatch Regex(
                    "pool 'crowd': coroutine 'third' \\(.*\\) requested 7 bytes while 2 wait already, the most that " +
                        "may: raise maxWaiters, or admit fewer at a time",
                )
                refusal.waiters shouldBe 2
                pool.stats().waiters shouldBe 2
                all.close()
            }
        }
    }

    test("options that contradict each other are refused") {
        MemoryPool.isolated("options") { limit = 65_536 }.use { memory ->
            val wrong = listOf<Pair<() -> SuspendingPool, String>>(
                { SuspendingPool(memory, 0) } to
                    "pool 'options': the capacity of a suspending pool must be positive, and was 0 bytes",
                { SuspendingPool(memory, -5) } to
                    "pool 'options': the capacity of a suspending pool must be positive, and was -5 bytes",
                { SuspendingPool(memory, 65_537) } to
                    "pool 'options': a capacity of 65,537 bytes is above the limit of the pool, 65,536 bytes: " +
                    "raise the limit or lower the capacity",
                { SuspendingPool(memory, 1) { maxWaiters = 0 } } to
                    "pool 'options': maxWaiters must be positive, and was 0",
                { SuspendingPool(memory, 1) { stallPatience = Duration.ZERO } } to
                    "pool 'options': stallPatience must be positive, and was 0s; Duration.INFINITE turns the watch off",
            )
            for ((make, message) in wrong) shouldThrow<MemoryConfigurationException> { make() }.message shouldBe message
            SuspendingPool(memory).capacity shouldBe 65_536
        }
        SuspendingPool(MemoryPool.shared()).use { it.capacity shouldBe (1L shl 62) - 1 }
    }

    test("a close of the pool fails what waits") {
        over("closing", 100) { pool ->
            runTest {
                val all = pool.rent(100)
                supervisorScope {
                    val waiting = forms.filter { it.first != "tryRent" }.map { (_, rent) -> async { rent(pool, 1) } }
                    runCurrent()
                    pool.stats().waiters shouldBe waiting.size
                    pool.close()
                    waiting.forEach {
                        shouldThrow<PoolClosedException> { it.await() }.message shouldBe
                            "the suspending pool over 'closing' is closed: rent from one that is open"
                    }
                }
                all.close()
            }
        }
    }

    test("a scope that has ended refuses, and names itself and its coroutine") {
        over("ended", 100) { pool ->
            lateinit var ended: SuspendingMemoryScope
            lateinit var kept: SharedLease
            withContext(CoroutineName("worker")) {
                memoryScope(pool, "upload") {
                    ended = this
                    kept = rent(5)
                }
            }
            val mine = pool.rent(5)
            val uses = listOf<suspend () -> Unit>(
                { ended.rent(1) },
                { ended.rent(1, 1.seconds) },
                { ended.run { pool.rentOrNull(1, 1.seconds) } },
                { ended.run { pool.tryRent(1) } },
                { ended.rentAll(1, 1) },
                { ended.defer {} },
                { mine.move(ended) },
            )
            for (use in uses) {
                shouldThrow<ScopeClosedException> { use() }.message!! shouldMatch Regex(
                    "memory scope 'upload' of coroutine 'worker' \\(.*\\) has ended; rent while its body or its " +
                        "children run, or open another one",
                )
            }
            mine.isClosed shouldBe false
            mine.close()
            shouldThrow<LeaseClosedException> { kept.keptSegment }.message!! shouldMatch Regex(
                "SharedLease of 5 bytes from pool 'ended' is closed; it belonged to memory scope 'upload' of " +
                    "coroutine 'worker' \\(.*\\); set traceSites = true on the pool to see where it was rented and " +
                    "closed",
            )
        }
    }

    test("a lease that was the caller's own names the coroutine that rented it") {
        over("own", 100) { pool ->
            val lease = withContext(CoroutineName("renter")) { pool.rent(5).also { it.close() } }
            shouldThrow<LeaseClosedException> { lease.keptSegment }.message!! shouldMatch Regex(
                "SharedLease of 5 bytes from pool 'own' is closed; it belonged to coroutine 'renter' \\(.*\\); .*",
            )
        }
    }

    test("a lease that a flow has closed behind its collector says so, and what to do") {
        over("flow", 100) { pool ->
            val late = withContext(CoroutineName("collector")) {
                flowOf(1).withLeases(pool, 5) { _, lease -> lease }.toList().single()
            }
            shouldThrow<LeaseClosedException> { late.keptSegment }.message!! shouldMatch Regex(
                "SharedLease of 5 bytes from pool 'flow' is closed; it belonged to coroutine 'collector' \\(.*\\) " +
                    "until the block of a flow or a channel that it was handed to ended: move it there to keep it, " +
                    "or let leases wait with bufferLeases; set traceSites = true on the pool to see where it was " +
                    "rented and closed",
            )
        }
    }

    test("a job that has completed can own nothing, and the lease stays as it is") {
        over("job", 100) { pool ->
            val done = Job().apply { complete() }
            shouldThrow<IllegalStateException> { pool.leaseIn(done, 1) }.message shouldBe
                "$done has completed, so no lease can be bound to it: bind it to a job that is active"
            memoryScope(pool) {
                shouldThrow<IllegalStateException> { pool.leaseIn(done, 1) }
                val lease = rent(1)
                shouldThrow<IllegalStateException> { lease.move(done) }
                lease.isClosed shouldBe false
                ledger.heldOf(pool.lender.line) shouldBe 1
            }
        }
    }

    test("a lease whose job completes while it is waited for is closed at once") {
        over("late", 100) { pool ->
            runTest {
                val all = pool.rent(100)
                val job = Job()
                val waiting = async { pool.leaseIn(job, 10) }
                runCurrent()
                job.complete()
                all.close()
                waiting.await().isClosed shouldBe true
            }
        }
    }
})
