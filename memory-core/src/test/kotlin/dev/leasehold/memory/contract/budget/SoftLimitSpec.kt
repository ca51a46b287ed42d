package dev.leasehold.memory.contract.budget

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.budget.BudgetNode
import dev.leasehold.memory.internal.budget.SoftLimit
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicLong
import kotlin.random.Random
import kotlin.time.Duration.Companion.minutes

class SoftLimitSpec : FunSpec({
    fun MemoryPool.held() = stats().reserved

    test("a soft limit is told once for each crossing, on the thread that crossed it") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        val told = ArrayList<Long>()
        app.onSoftLimit(512.KiB) { budget, used ->
            budget shouldBeSameInstanceAs app
            Thread.currentThread().name shouldBe "crosser"
            told += used
        }
        fun pool(kib: Int) = MemoryPool.fixed("pool", kib.KiB, 1, 4096) { budget = app }
        onThread("crosser") {
            val half = pool(500)
            told.size shouldBe 0
            val more = pool(300)
            told.shouldContainExactly(800.KiB)
            pool(200).close()
            told.size shouldBe 1
            half.close()
            pool(500).close()
            told.size shouldBe 2
            more.close()
        }
        app.used shouldBe 0
    }

    test("a soft limit that the refill of a thread's cache crosses is told before the rent returns") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        val told = ArrayList<Long>()
        val pool = MemoryPool.isolated("pool") { budget = app }
        app.onSoftLimit(1) { _, used ->
            told += used
            // No lock is held, and the cache is in order: the listener may rent itself.
            pool.rent(64).close()
        }
        pool.rent(64).use { told.shouldContainExactly(pool.held()) }
        Thread.ofVirtual().start { pool.rentShared(64).close() }.join()
        told.size shouldBe 1
        pool.close()
    }

    test("all levels are told, and an ended notification is not") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        val inner = MemoryBudget("inner", parent = app)
        val told = ArrayList<String>()
        app.onSoftLimit(4096) { budget, _ -> told += budget.name }
        inner.onSoftLimit(4096) { budget, _ -> told += budget.name }
        val ended = inner.onSoftLimit(1) { _, _ -> told += "ended" }
        ended.close()
        ended.close()
        val pool = MemoryPool.fixed("pool", 4096, 1) { budget = inner }
        told.shouldContainExactly("inner", "app")
        pool.close()
    }

    test("a request that is refused tells nobody") {
        val app = MemoryBudget.rootOf("app", 64.KiB)
        val inner = MemoryBudget("inner", parent = app)
        var told = 0
        inner.onSoftLimit(1) { _, _ -> told++ }
        val pool = MemoryPool.isolated("pool") { budget = inner }
        shouldThrow<BudgetExceededException> { pool.rent(1.MiB) }
        told shouldBe 0
        inner.peak shouldBe 0
        pool.close()
    }

    test("a listener that throws loses nothing and does not reach the request") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        app.onSoftLimit(1) { _, _ -> throw StackOverflowError("a listener that throws, on purpose") }
        app.onSoftLimit(2) { _, _ -> error("another, on purpose") }
        var told = 0
        app.onSoftLimit(3) { _, _ -> told++ }
        val pool = MemoryPool.isolated("pool") { budget = app }
        pool.rent(64).use { it.segment.setLong(0, 1) }
        pool.rentShared(100.KiB).close()
        told shouldBe 1
        pool.stats().used shouldBe 0
        pool.close()
        app.used shouldBe 0
    }

    test("who waited is told, and not who gave back") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        val told = ConcurrentLinkedQueue<String>()
        app.onSoftLimit(600.KiB) { _, _ -> told += Thread.currentThread().name }
        val pool = MemoryPool.isolated("pool") {
            budget = app
            limit = 800.KiB
        }
        val first = pool.rent(512.KiB)
        val waiter = Thread.ofPlatform().name("waiter").start { pool.rent(700.KiB, 2.minutes).close() }
        await("the waiter waits") { pool.stats().waiters == 1 }
        first.close()
        waiter.join()
        told.toList().shouldContainExactly("waiter")
        pool.close()
    }

    test("a transfer and its end tell what they cross") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        val from = MemoryBudget("from", parent = app)
        val to = MemoryBudget("to", parent = app)
        val told = ArrayList<String>()
        for (budget in listOf(app, from, to)) budget.onSoftLimit(64.KiB) { crossed, _ -> told += crossed.name }
        val pool = MemoryPool.fixed("pool", 64.KiB, 1, 4096) { budget = from }
        told.shouldContainExactly("from", "app")
        told.clear()
        val lease = pool.rent().transferTo(to)
        told.shouldContainExactly("to")
        lease.close()
        told.shouldContainExactly("to", "from")
        pool.close()
    }

    test("under concurrency each crossing is told exactly once") {
        val root = BudgetNode("app", 1000, null)
        val leaves = List(4) { BudgetLeaf("pool $it", 1000, root) }
        val told = AtomicLong()
        val wrongThread = AtomicLong()
        val ups = AtomicLong()
        val inUse = Thread.currentThread()
        root.add(
            SoftLimit(500) { used ->
                check(used >= 500)
                if (Thread.currentThread() === inUse) wrongThread.incrementAndGet()
                told.incrementAndGet()
            },
        )
        val seed = Effort.seed("soft limit")
        together(4) { worker ->
            val random = Random(seed + worker)
            val leaf = leaves[worker]
            repeat(Effort.times(100_000)) {
                val bytes = random.nextLong(1, 400)
                if (!leaf.tryReserve(bytes)) return@repeat
                leaf.deliver()
                leaf.release(bytes)
            }
        }
        // Every crossing upwards is followed by one downwards, and those can be counted from outside by going alone.
        val before = told.get()
        repeat(1000) {
            check(leaves[0].tryReserve(499) && leaves[1].tryReserve(1))
            leaves[1].deliver()
            ups.incrementAndGet()
            leaves[1].release(1)
            leaves[0].release(499)
        }
        told.get() - before shouldBe ups.get()
        wrongThread.get() shouldBe ups.get()
        root.used shouldBe 0
    }

    test("two threads that go above together make one crossing, and none is lost") {
        val root = BudgetNode("app", 1000, null)
        val leaves = List(3) { BudgetLeaf("pool $it", 1000, root) }
        val told = AtomicLong()
        root.add(SoftLimit(500) { told.incrementAndGet() })
        val rounds = Effort.times(20_000)
        val barrier = CyclicBarrier(3)
        together(3) { worker ->
            repeat(rounds) { round ->
                barrier.await(5, TimeUnit.MINUTES)
                // Any two cross it; the third wants what can never be had, and must neither be told nor keep others
                // from it.
                if (worker < 2) check(leaves[worker].tryReserve(300)) else check(!leaves[worker].tryReserve(1001))
                leaves[worker].deliver()
                barrier.await(5, TimeUnit.MINUTES)
                check(told.get() == round + 1L) { "told ${told.get()} times in ${round + 1} rounds" }
                barrier.await(5, TimeUnit.MINUTES)
                if (worker < 2) leaves[worker].release(300)
            }
        }
        told.get() shouldBe rounds
    }
})
