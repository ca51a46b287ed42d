@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.contract.pool

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAsync
import dev.leasehold.memory.coroutines.rentBlocking
import dev.leasehold.memory.coroutines.support.PlannedFailure
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.runBlocking
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/**
 * Threads and futures that have their bytes and wait for the memory in the pool below: every way in which that wait can
 * end before there is any. Each ends soon, and says why; its bytes are back, and no line has a waiter any more.
 */
class WaitBelowSpec : FunSpec() {
    init {
        for (kind in kinds) {
            threads(kind)
            futures(kind)
        }
    }

    private fun threads(kind: Kind) {
        test("a thread that waits for $kind fails when that is closed") {
            kind.exhausted { scene ->
                val waiting = scene.thread(1.minutes)
                scene.closeBelow()
                waiting.failure().shouldBeInstanceOf<PoolClosedException>().message shouldBe kind.closed
            }
        }

        test("a thread that waits for $kind fails when the suspending pool is closed, and is not left interrupted") {
            kind.exhausted { scene ->
                val waiting = scene.thread(1.minutes)
                scene.pool.close()
                waiting.failure().shouldBeInstanceOf<PoolClosedException>().message shouldBe kind.closedAbove
                waiting.wasInterrupted shouldBe false
            }
        }

        test("a thread that waits for $kind leaves when it is interrupted") {
            kind.exhausted { scene ->
                val waiting = scene.thread(1.minutes)
                waiting.thread.interrupt()
                waiting.failure().shouldBeInstanceOf<InterruptedException>().message shouldBe
                    "interrupted while waiting for memory"
            }
        }

        test("a thread that waits for $kind leaves when its time is up") {
            kind.exhausted { scene ->
                val refusal = shouldThrow<RentTimeoutException> { scene.pool.rentBlocking(SIZE, 30.milliseconds) }
                refusal.message!! shouldMatch kind.timedOut
                refusal.requested shouldBe SIZE
            }
        }

        test(
            "a thread that is interrupted already leaves $kind at once, and one that finds memory there does not look",
        ) {
            kind.exhausted { scene ->
                Thread.currentThread().interrupt()
                shouldThrow<InterruptedException> { scene.pool.rentBlocking(SIZE, 1.minutes) }
                scene.makeRoom()
                Thread.currentThread().interrupt()
                scene.pool.rentBlocking(SIZE, 1.minutes).close()
                Thread.interrupted() shouldBe true
            }
        }

        test("a coroutine that comes to $kind after the suspending pool was closed is refused there") {
            kind.exhausted { scene ->
                scene.pool.tryTake(SIZE) shouldBe true
                scene.pool.close()
                val refusal = shouldThrow<MemoryExhaustedException> { scene.pool.leaseNow(SIZE) }
                shouldThrow<PoolClosedException> {
                    runBlocking { scene.pool.leaseInTurn(SIZE, refusal) }
                }.message shouldBe kind.closedAbove
                // They are still its caller's, which is withLease.
                scene.pool.stats().used shouldBe SIZE
                scene.pool.giveBack(SIZE)
            }
        }
    }

    private fun futures(kind: Kind) {
        test("a future that waits for $kind fails when that is closed") {
            kind.exhausted { scene ->
                val waiting = scene.future()
                scene.closeBelow()
                waiting.failure().shouldBeInstanceOf<PoolClosedException>().message shouldBe kind.closed
            }
        }

        test("a future that waits for $kind fails when the suspending pool is closed") {
            kind.exhausted { scene ->
                val waiting = scene.future()
                scene.pool.close()
                waiting.failure().shouldBeInstanceOf<PoolClosedException>().message shouldBe kind.closedAbove
            }
        }

        test("a future that waits for $kind leaves when it is cancelled") {
            kind.exhausted { scene ->
                val waiting = scene.future()
                waiting.cancel(true) shouldBe true
                waiting.isCancelled shouldBe true
                shouldThrow<CancellationException> { waiting.get() }
            }
        }

        test("a future that waits for $kind leaves when its time is up") {
            kind.exhausted { scene ->
                val waiting = scene.future().orTimeout(20, TimeUnit.MILLISECONDS)
                waiting.failure().shouldBeInstanceOf<TimeoutException>().message.shouldBeNull()
            }
        }

        test("a future that waits for $kind leaves when other code completes it") {
            kind.exhausted { scene ->
                for (waiting in listOf(scene.future(), scene.future())) {
                    val isLast = waiting === scene.last
                    if (isLast) waiting.complete(null) else waiting.completeExceptionally(PlannedFailure())
                    waiting.isDone shouldBe true
                }
            }
        }
    }

    /** A pool that waits are possible in, with what its refusals say. */
    private class Kind(private val name: String, used: Int, private val make: () -> Pair<MemoryPool, Int>) {
        val timedOut = Regex(
            "pool 'below': its suspending pool granted 100 bytes, and it had no memory for them within 30ms for .*; " +
                "%,d bytes are in use there: close leases sooner, raise its limit, or wait longer".format(used),
        )
        val closed = "pool 'below' is closed: rent from a pool that is open"
        val closedAbove = "the suspending pool over 'below' is closed: rent from one that is open"

        /** Runs [body] over such a pool, all of which is rented; afterwards none waits, and all is back soon. */
        fun exhausted(body: (Scene) -> Unit) {
            val (memory, most) = make()
            memory.use {
                val scene = Scene(memory, List(most) { memory.rentShared(SIZE) })
                try {
                    body(scene)
                    await("its bytes are back") { scene.pool.stats().used == 0L && memory.stats().waiters == 0 }
                    scene.pool.stats().waiters shouldBe 0
                } finally {
                    scene.pool.close()
                    scene.others.forEach { it.close() }
                }
            }
            await("all blocks are back") { memory.stats().used == 0L }
        }

        override fun toString(): String = name
    }

    /** A suspending pool whose bytes are free, over a [memory] that [others] have rented. */
    private class Scene(private val memory: MemoryPool, val others: List<SharedLease>) {
        val pool = SuspendingPool(memory, 4 * SIZE)
        private var waiting = 0
        var last: CompletableFuture<SharedLease>? = null
            private set

        fun thread(timeout: Duration): Waiting = Waiting { pool.rentBlocking(SIZE, timeout) }.also { arrived() }

        fun future(): CompletableFuture<SharedLease> = pool.rentAsync(SIZE).also {
            last = it
            arrived()
        }

        private fun arrived() {
            waiting++
            await("it waits below") { memory.stats().waiters == waiting }
            pool.stats().used shouldBe waiting * SIZE
        }

        fun closeBelow() {
            shouldThrow<OutstandingLeasesException> { memory.close() }
        }

        fun makeRoom() = others.forEach { it.close() }
    }

    /** A thread that rents, and what became of that. */
    private class Waiting(rent: () -> SharedLease) {
        private val outcome = CompletableFuture<SharedLease>()

        @Volatile
        var wasInterrupted = false
            private set

        val thread: Thread = Thread.ofPlatform().daemon().start {
            try {
                outcome.complete(rent())
            } catch (failure: Throwable) {
                wasInterrupted = Thread.currentThread().isInterrupted
                outcome.completeExceptionally(failure)
            }
        }

        fun failure(): Throwable = outcome.failure()
    }

    private companion object {
        const val SIZE = 100L

        val kinds = listOf(
            Kind("a pool of chunks", used = 256) { MemoryPool.fixed("below", SIZE, 2) to 2 },
            Kind("a pool with a limit", used = 65_536) {
                MemoryPool.isolated("below") { limit = 65_536 } to 65_536 / 128
            },
        )

        /** What this future failed with. */
        fun CompletableFuture<*>.failure(): Throwable =
            shouldThrow<ExecutionException> { get(2, TimeUnit.MINUTES) }.cause!!
    }
}
