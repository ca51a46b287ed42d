package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.BudgetInUseException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.Lease
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.LeaseThreadException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.shouldAddUp
import dev.leasehold.memory.support.together
import dev.leasehold.memory.tryRent
import dev.leasehold.memory.tryRentShared
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReference
import kotlin.random.Random

/** Two branches below one root. */
private class Branches(fromLimit: Long = Long.MAX_VALUE, toLimit: Long = Long.MAX_VALUE) {
    val app = MemoryBudget.rootOf("app", 64.MiB)
    val from = MemoryBudget("from", fromLimit, app)
    val to = MemoryBudget("to", toLimit, app)

    fun used(): List<Long> = listOf(app.used, from.used, to.used)

    fun shouldBeEmpty() {
        used().shouldContainExactly(0L, 0L, 0L)
        from.close()
        to.close()
    }
}

class TransferSpec : FunSpec({
    test("a lease goes on as another lease over the same bytes, and its views die with the old one") {
        val branches = Branches()
        val pool = MemoryPool.isolated("pool") { budget = branches.from }
        val old = pool.rent(1000)
        old.segment.setLong(8, 4711)
        val view = old.segment.slice(0, 64)
        val total = branches.app.used
        val next = old.transferTo(branches.to)
        old.isClosed shouldBe true
        old.close()
        shouldThrow<LeaseClosedException> { old.segment }
        shouldThrow<LeaseClosedException> { old.transferTo(branches.to) }
        shouldThrow<ViewClosedException> { view.getLong(8) }
        next.segment.getLong(8) shouldBe 4711
        next.size shouldBe 1000
        next.pool shouldBeSameInstanceAs pool
        branches.used().shouldContainExactly(total, total - 1024, 1024L)
        pool.stats().transferred shouldBe 1024
        pool.stats().shouldAddUp()
        pool.stats().used shouldBe 1024
        next.close()
        branches.used().shouldContainExactly(total, total, 0L)
        pool.stats().used shouldBe 0
        pool.close()
        branches.shouldBeEmpty()
    }

    val sharedKinds = mapOf(
        "a shared lease of an epoch" to 1000L,
        "a shared lease with an arena of its own" to 2.MiB,
    )
    for ((kind, size) in sharedKinds) {
        for (traced in listOf(false, true)) {
            test("$kind goes on, and so do its views${if (traced) ", with its trace" else ""}") {
                val branches = Branches()
                val pool = MemoryPool.isolated("pool") {
                    budget = branches.from
                    traceSites = traced
                }
                val old = pool.rentShared(size)
                old.keptSegment.setLong(8, 4711)
                val view = old.keptSegment.slice(0, 64)
                val total = branches.app.used
                val next = old.transferTo(branches.to)
                old.isClosed shouldBe true
                old.close()
                val refusal = shouldThrow<LeaseClosedException> { old.keptSegment }
                refusal.message!!.contains("TransferSpec") shouldBe traced
                view.getLong(8) shouldBe 4711
                onThread { next.keptSegment.getLong(8) shouldBe 4711 }
                (branches.to.used >= size) shouldBe true
                branches.from.used + branches.to.used shouldBe total
                branches.app.used shouldBe total
                val again = next.transferTo(branches.app).transferTo(branches.to).transferTo(branches.from)
                branches.used().shouldContainExactly(total, total, 0L)
                onThread { again.close() }
                pool.stats().used shouldBe 0
                pool.stats().transferred shouldBe 0
                pool.close()
                shouldThrow<ViewClosedException> { view.getLong(8) }
                branches.shouldBeEmpty()
            }
        }
    }

    test("chunks, zero-length leases and leases of scopes can be transferred, too") {
        val branches = Branches()
        val frames = MemoryPool.fixed("frames", 1500, 100) { budget = branches.from }
        val pool = MemoryPool.isolated("pool") { budget = branches.from }
        val shared = List(100) { frames.rentShared(10).transferTo(branches.to) }
        branches.to.used shouldBe 100 * 1536
        frames.tryRent(1) shouldBe null
        shared.forEach(SharedLease::close)
        frames.rent().transferTo(branches.to).close()
        pool.rent(0).transferTo(branches.to).close()
        pool.rentShared(0).transferTo(branches.to).close()
        branches.to.used shouldBe 0
        frames.close()
        pool.close()
        branches.shouldBeEmpty()
    }

    test("a transfer that the target refuses changes nothing") {
        val branches = Branches(toLimit = 4096)
        val pool = MemoryPool.isolated("pool") { budget = branches.from }
        val lease = pool.rent(8192)
        val shared = pool.rentShared(8192)
        val before = branches.used()
        shouldThrow<BudgetExceededException> { lease.transferTo(branches.to) }
        shouldThrow<BudgetExceededException> { shared.transferTo(branches.to) }
        branches.used() shouldBe before
        lease.segment.setLong(0, 1)
        shared.keptSegment.setLong(0, 1)
        lease.close()
        shared.close()
        pool.close()
        branches.shouldBeEmpty()
    }

    test("a transfer makes the target's pools give their idle memory back first") {
        val branches = Branches(toLimit = 1.MiB)
        val idle = MemoryPool.isolated("idle") { budget = branches.to }
        val pool = MemoryPool.isolated("pool") { budget = branches.from }
        idle.rent(1.MiB).close()
        branches.to.used shouldBe 1.MiB
        pool.rent(1.MiB).transferTo(branches.to).close()
        idle.close()
        pool.close()
        branches.shouldBeEmpty()
    }

    test("another thread cannot transfer a thread's lease") {
        val branches = Branches()
        val pool = MemoryPool.isolated("pool") { budget = branches.from }
        val lease = pool.rent(64)
        onThread { shouldThrow<LeaseThreadException> { lease.transferTo(branches.to) } }
        lease.close()
        pool.close()
        branches.shouldBeEmpty()
    }

    test("a charge that finds no room at its end stays until the pool gives memory back") {
        val branches = Branches(fromLimit = 1.MiB)
        val pool = MemoryPool.isolated("pool") { budget = branches.from }
        val moved = pool.rentShared(1.MiB).transferTo(branches.to)
        val second = pool.rent(1.MiB)
        branches.used().shouldContainExactly(2.MiB, 1.MiB, 1.MiB)
        moved.close()
        branches.used().shouldContainExactly(2.MiB, 1.MiB, 1.MiB)
        pool.stats().transferred shouldBe 1.MiB
        shouldThrow<BudgetInUseException> { branches.to.close() }
        pool.trim() shouldBe 1.MiB
        branches.used().shouldContainExactly(1.MiB, 1.MiB, 0L)
        second.close()
        pool.close()
        branches.shouldBeEmpty()
    }

    test("a pool may be closed while its leases are charged elsewhere") {
        val branches = Branches()
        val pool = MemoryPool.isolated("pool") { budget = branches.from }
        val moved = pool.rentShared(2.MiB).transferTo(branches.to)
        shouldThrow<OutstandingLeasesException> { pool.close() }
        branches.used().shouldContainExactly(2.MiB, 0L, 2.MiB)
        branches.from.pools.shouldContainExactly(pool)
        moved.close()
        branches.shouldBeEmpty()
    }

    for (size in listOf(1000L, 4096L)) {
        test("of a transfer and closes that race one wins, and nothing of $size bytes is lost or freed twice") {
            val branches = Branches()
            val pool = MemoryPool.isolated("pool") { budget = branches.from }
            val rounds = Effort.times(10_000)
            val current = AtomicReference(pool.rentShared(size))
            val barrier = CyclicBarrier(3)
            val transfers = AtomicInteger()
            val next = AtomicReference<SharedLease?>()
            together(3, seconds = 1200) { worker ->
                repeat(rounds) {
                    barrier.await(5, TimeUnit.MINUTES)
                    val lease = current.get()
                    if (worker == 0) {
                        try {
                            next.set(lease.transferTo(branches.to))
                        } catch (_: LeaseClosedException) {
                            next.set(null)
                        }
                    } else {
                        lease.close()
                    }
                    barrier.await(5, TimeUnit.MINUTES)
                    if (worker == 0) {
                        check(lease.isClosed)
                        // Whichever won: no other lease may get the bytes while the new one lives.
                        val won = next.get()
                        if (won != null) {
                            transfers.incrementAndGet()
                            won.keptSegment.setLong(0, -1)
                            pool.rentShared(size).use { it.keptSegment.setLong(0, 7) }
                            check(won.keptSegment.getLong(0) == -1L)
                            won.close()
                        }
                        current.set(pool.rentShared(size))
                    }
                }
            }
            current.get().close()
            println("$transfers of $rounds transfers won")
            pool.stats().used shouldBe 0
            pool.stats().transferred shouldBe 0
            pool.close()
            await("everything is back") { branches.app.used == 0L }
            branches.shouldBeEmpty()
        }
    }

    test("leases that are handed on between budgets by many threads end with every byte in its place") {
        val branches = Branches(fromLimit = 1.MiB, toLimit = 512.KiB)
        val pools = List(2) { MemoryPool.isolated("pool $it") { budget = if (it == 0) branches.from else branches.to } }
        val seed = Effort.seed("transfers")
        val refused = AtomicLong()
        val budgets = listOf(branches.app, branches.from, branches.to)
        fun SharedLease.tryTransfer(to: MemoryBudget) = try {
            transferTo(to)
        } catch (_: BudgetExceededException) {
            this.also { refused.incrementAndGet() }
        }

        fun Lease.tryTransfer(to: MemoryBudget) = try {
            transferTo(to)
        } catch (_: BudgetExceededException) {
            this.also { refused.incrementAndGet() }
        }
        together(4) { worker ->
            val random = Random(seed + worker)
            repeat(Effort.times(5_000)) {
                val size = random.nextLong(1, 200_000)
                val target = budgets.random(random)
                val pool = pools.random(random)
                val first = if (random.nextBoolean()) pool.tryRentShared(size) else null
                val second = pool.tryRent(size)
                first?.tryTransfer(target)?.tryTransfer(budgets.random(random))?.close()
                second?.tryTransfer(target)?.tryTransfer(budgets.random(random))?.close()
                for (budget in budgets) check(budget.used <= budget.limit)
            }
        }
        println("$refused transfers were refused")
        pools.forEach { pool ->
            pool.stats().used shouldBe 0
            pool.close()
        }
        branches.shouldBeEmpty()
    }
})
