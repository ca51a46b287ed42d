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

    test("a soft limit notifies once for each crossing, on the thread that crossed it") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        val crossings = ArrayList<Long>()
        app.onSoftLimit(512.KiB) { budget, used ->
            budget shouldBeSameInstanceAs app
            Thread.currentThread().name shouldBe "crosser"
            crossings += used
        }
        fun pool(kib: Int) = MemoryPool.fixed("pool", kib.KiB, 1, 4096) { budget = app }
        onThread("crosser") {
            val half = pool(500)
            crossings.size shouldBe 0
            val more = pool(300)
            crossings.shouldContainExactly(800.KiB)
            pool(200).close()
            crossings.size shouldBe 1
            half.close()
            pool(500).close()
            crossings.size shouldBe 2
            more.close()
        }
        app.used shouldBe 0
    }

    test("a soft limit that the refill of a thread's cache crosses notifies before the rent returns") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        val crossings = ArrayList<Long>()
        val pool = MemoryPool.isolated("pool") { budget = app }
        app.onSoftLimit(1) { _, used ->
            crossings += used
            // No lock is held, and the cache is in order: the listener may rent itself.
            pool.rent(64).close()
        }
        pool.rent(64).use { crossings.shouldContainExactly(pool.held()) }
        Thread.ofVirtual().start { pool.rentShared(64).close() }.join()
        crossings.size shouldBe 1
        pool.close()
    }

    test("all levels notify, and an ended watch does not") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        val inner = MemoryBudget("inner", parent = app)
        val crossings = ArrayList<String>()
        app.onSoftLimit(4096) { budget, _ -> crossings += budget.name }
        inner.onSoftLimit(4096) { budget, _ -> crossings += budget.name }
        val ended = inner.onSoftLimit(1) { _, _ -> crossings += "ended" }
        ended.close()
        ended.close()
        val pool = MemoryPool.fixed("pool", 4096, 1) { budget = inner }
        crossings.shouldContainExactly("inner", "app")
        pool.close()
    }

    test("a refused request notifies of nothing") {
        val app = MemoryBudget.rootOf("app", 64.KiB)
        val inner = MemoryBudget("inner", parent = app)
        var crossings = 0
        inner.onSoftLimit(1) { _, _ -> crossings++ }
        val pool = MemoryPool.isolated("pool") { budget = inner }
        shouldThrow<BudgetExceededException> { pool.rent(1.MiB) }
        crossings shouldBe 0
        inner.peak shouldBe 0
        pool.close()
    }

    test("a listener that throws loses nothing and does not reach the request") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        app.onSoftLimit(1) { _, _ -> throw StackOverflowError("a listener that throws, on purpose") }
        app.onSoftLimit(2) { _, _ -> error("another, on purpose") }
        var crossings = 0
        app.onSoftLimit(3) { _, _ -> crossings++ }
        val pool = MemoryPool.isolated("pool") { budget = app }
        pool.rent(64).use { it.segment.setLong(0, 1) }
        pool.rentShared(100.KiB).close()
        crossings shouldBe 1
        pool.stats().used shouldBe 0
        pool.close()
        app.used shouldBe 0
    }

    test("the waiting thread is notified, and not the one that gave back") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        val crossings = ConcurrentLinkedQueue<String>()
        app.onSoftLimit(600.KiB) { _, _ -> crossings += Thread.currentThread().name }
        val pool = MemoryPool.isolated("pool") {
            budget = app
            limit = 800.KiB
        }
        val first = pool.rent(512.KiB)
        val waiter = Thread.ofPlatform().name("waiter").start { pool.rent(700.KiB, 2.minutes).close() }
        await("the waiter waits") { pool.stats().waiters == 1 }
        first.close()
        waiter.join()
        crossings.toList().shouldContainExactly("waiter")
        pool.close()
    }

    test("a transfer and its end notify of what they cross") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        val from = MemoryBudget("from", parent = app)
        val to = MemoryBudget("to", parent = app)
        val crossings = ArrayList<String>()
        for (budget in listOf(app, from, to)) budget.onSoftLimit(64.KiB) { crossed, _ -> crossings += crossed.name }
        val pool = MemoryPool.fixed("pool", 64.KiB, 1, 4096) { budget = from }
        crossings.shouldContainExactly("from", "app")
        crossings.clear()
        val lease = pool.rent().transferTo(to)
        crossings.shouldContainExactly("to")
        lease.close()
        crossings.shouldContainExactly("to", "from")
        pool.close()
    }

    test("under concurrency each crossing notifies exactly once") {
        val root = BudgetNode("app", 1000, null)
        val leaves = List(4) { BudgetLeaf("pool $it", 1000, root) }
        val crossings = AtomicLong()
        val wrongThread = AtomicLong()
        val ups = AtomicLong()
        val inUse = Thread.currentThread()
        root.add(
            SoftLimit(500) { used ->
                check(used >= 500)
                if (Thread.currentThread() === inUse) wrongThread.incrementAndGet()
                crossings.incrementAndGet()
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
        val before = crossings.get()
        repeat(1000) {
            check(leaves[0].tryReserve(499) && leaves[1].tryReserve(1))
            leaves[1].deliver()
            ups.incrementAndGet()
            leaves[1].release(1)
            leaves[0].release(499)
        }
        crossings.get() - before shouldBe ups.get()
        wrongThread.get() shouldBe ups.get()
        root.used shouldBe 0
    }

    test("two threads that go above together make one crossing, and none is lost") {
        val root = BudgetNode("app", 1000, null)
        val leaves = List(3) { BudgetLeaf("pool $it", 1000, root) }
        val crossings = AtomicLong()
        root.add(SoftLimit(500) { crossings.incrementAndGet() })
        val rounds = Effort.times(20_000)
        val barrier = CyclicBarrier(3)
        together(3) { worker ->
            repeat(rounds) { round ->
                barrier.await(5, TimeUnit.MINUTES)
                // Any two cross it; the third requests what can never be had, and must neither be notified nor hold up
                // the others.
                if (worker < 2) check(leaves[worker].tryReserve(300)) else check(!leaves[worker].tryReserve(1001))
                leaves[worker].deliver()
                barrier.await(5, TimeUnit.MINUTES)
                check(crossings.get() == round + 1L) { "notified ${crossings.get()} times in ${round + 1} rounds" }
                barrier.await(5, TimeUnit.MINUTES)
                if (worker < 2) leaves[worker].release(300)
            }
        }
        crossings.get() shouldBe rounds
    }
})
