@file:OptIn(ExperimentalCoroutinesApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceUntilIdle
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * What the watch tells, when, and what it must not tell. The capacity is 100 bytes, the patience ten seconds of virtual
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

        context("in the pool below, whose blocks are larger than what was asked for") {
            test("a body that waits for blocks that its own scope holds is told so") {
                tight { pool ->
                    val refusal = shouldThrow<RentDeadlockException> {
                        withContext(CoroutineName("upload")) {
                            memoryScope(pool) {
                                rent(600 * KIBIBYTE)
                                rent(400 * KIBIBYTE)
                            }
                        }
                    }
                    withoutAddresses(refusal.message) shouldBe
                        "pool 'tight': coroutine 'upload' (ScopeCoroutine) asks for 409600 bytes of a capacity of " +
                        "1048576, which are free, but the pool below has no memory for them under its limit of " +
                        "1048576 bytes: all 655360 bytes of its blocks that are out belong to what this coroutine " +
                        "and its scopes hold, 614400 bytes as asked for, and nothing came back within 50ms; raise " +
                        "the limit above the capacity, or close leases sooner"
                }
            }

            test("a group that does not fit is told so") {
                tight { pool ->
                    shouldThrow<RentDeadlockException> { pool.rentAll(600 * KIBIBYTE, 400 * KIBIBYTE) }.held shouldBe
                        600 * KIBIBYTE
                }
            }

            test("while others hold some of its memory, nobody is told") {
                tight { pool ->
                    val other = pool.rent(4096)
                    val waiting = launch(Dispatchers.Default) {
                        memoryScope(pool) {
                            rent(600 * KIBIBYTE)
                            rent(400 * KIBIBYTE)
                        }
                    }
                    await("it waits in the pool below") { pool.pool.stats().waiters == 1 }
                    delay(300.milliseconds)
                    waiting.isActive shouldBe true
                    waiting.cancelAndJoin()
                    other.close()
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

    private suspend fun holdAndAsk(pool: SuspendingPool, hold: Long, more: Long, after: Duration) {
        memoryScope(pool) {
            rent(hold)
            delay(after)
            rent(more)
        }
    }

    /** A pool whose capacity is the limit of the pool below, which blocks reach sooner than what was asked for. */
    private suspend fun tight(body: suspend CoroutineScope.(SuspendingPool) -> Unit) {
        MemoryPool.isolated("tight") { limit = 1024 * KIBIBYTE }.use { memory ->
            SuspendingPool(memory) { stallPatience = 50.milliseconds }.use { pool ->
                coroutineScope { body(pool) }
                await("all came back") { pool.stats().used == 0L }
            }
            await("all blocks came back") { memory.stats().used == 0L }
        }
    }

    private suspend fun inTime(
        patience: Duration = 10.seconds,
        traced: Boolean = false,
        body: suspend TestScope.(SuspendingPool) -> Unit,
    ) = lending("deadlock", 100, patience, traced) { pool -> runTest { body(pool) } }

    private companion object {
        const val KIBIBYTE = 1024L
    }
}
