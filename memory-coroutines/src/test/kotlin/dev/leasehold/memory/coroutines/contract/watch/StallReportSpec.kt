package dev.leasehold.memory.coroutines.contract.watch

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.RentDeadlockException
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.internal.watch.Stillness
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAsync
import dev.leasehold.memory.coroutines.tryRent
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.testing.await
import dev.leasehold.testing.logged
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.lang.ref.WeakReference
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** A line that stands still is reported in the log, and fails no request. */
class StallReportSpec : FunSpec({
    fun pool(name: String, patience: Duration, traced: Boolean = false) =
        SuspendingPool(MemoryPool.isolated(name) { traceSites = traced }, 256) { stallPatience = patience }

    test("a withLease inside of a withLease that waits for itself is reported once, in full") {
        val pool = pool("nested", 20.milliseconds)
        val reports = logged("'nested'") { records ->
            runBlocking(Dispatchers.Default) {
                val nested = launch { pool.withLease(200) { pool.withLease(100) { error("it came") } } }
                await("it is reported") { records.isNotEmpty() }
                val other = launch { pool.withLease(10) { error("it overtook") } }
                await("another waits, too") { pool.stats().waiters == 2 }
                Thread.sleep(200)
                other.cancelAndJoin()
                nested.cancelAndJoin()
            }
        }
        reports shouldHaveSize 1
        reports.single() shouldBe
            "STALL: pool 'nested': no waiter of its suspending pool has been served for 20ms; " +
            "200 bytes of the capacity of 256 bytes are out, and 1 waits, the first for 100 bytes. A coroutine that " +
            "waits inside of a withLease for more of the same pool may wait for itself: rent several at once with " +
            "rentAll, rent in a memoryScope, or set the pool's traceSites, which both find it"
        pool.stats().used shouldBe 0
        pool.close()
    }

    test("the remedies help: a scope, and a pool that traces sites, fail the one that would wait for itself") {
        runBlocking(Dispatchers.Default) {
            pool("scoped", 20.milliseconds).use { pool ->
                shouldThrow<RentDeadlockException> { memoryScope(pool) { rent(200).also { rent(100) } } }
            }
            pool("traced", 20.milliseconds, traced = true).use { pool ->
                shouldThrow<RentDeadlockException> { pool.withLease(200) { pool.withLease(100) { error("it came") } } }
            }
        }
    }

    test("threads and futures that stand still are reported as well, and a second standstill anew") {
        val pool = pool("threads", 20.milliseconds)
        val reports = logged("'threads'") { records ->
            repeat(2) { round ->
                val held = pool.tryRent(256)!!
                val waits = if (round == 0) {
                    pool.rentAsync(1)
                } else {
                    CompletableFuture.supplyAsync { runBlocking { pool.rent(1) } }
                }
                await("it is reported in round $round") { records.size == round + 1 }
                held.close()
                waits.join().close()
                await("all is back") { pool.stats().used == 0L }
            }
        }
        reports shouldHaveSize 2
        pool.close()
    }

    test("a standstill lasts from the first look that finds it to the next change") {
        val served = Stillness<Long>().apply { begin(7, nanos = 0) }
        listOf<Long>(7, 8, 8, 8, 9, 9).mapIndexed { index, count -> served.lasts(count, index + 1L) } shouldBe
            listOf<Long>(1, 0, 1, 2, 0, 1)
    }

    test("a pool whose patience has no end is not watched") {
        val silent = pool("silent", Duration.INFINITE)
        logged("'silent'") {
            val held = silent.tryRent(256)!!
            val waits = silent.rentAsync(1)
            Thread.sleep(100)
            held.close()
            waits.join().close()
        }.shouldBeEmpty()
        silent.close()
    }

    test("the watch does not keep a pool alive that is forgotten together with its waiters") {
        logged("'forgotten'") { reports ->
            val forgotten = forget { reports.isNotEmpty() }
            await("the pool is collected") {
                System.gc()
                forgotten.get() == null
            }
        }
    }
})

private fun forget(isReported: () -> Boolean): WeakReference<SuspendingPool> {
    val pool = SuspendingPool(MemoryPool.isolated("forgotten"), 256) { stallPatience = 10.milliseconds }
    val held = pool.tryRent(256)
    val waits = pool.rentAsync(1)
    await("it is reported", holds = isReported)
    check(!waits.isDone && held != null)
    return WeakReference(pool)
}
