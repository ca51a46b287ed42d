package dev.leasehold.memory.contract.idle

import com.sun.management.OperatingSystemMXBean
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.tryRentShared
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.lang.management.ManagementFactory
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** A request that waits is woken by what comes back, also to others, and costs nothing until then. */
class WaitingSpec : FunSpec({
    val system = ManagementFactory.getOperatingSystemMXBean() as OperatingSystemMXBean

    test("a request that waits for a budget is served by what another pool's thread closes into its cache") {
        MemoryBudget("shared", 1.MiB).use { budget ->
            val lender = MemoryPool.isolated("lender") { this.budget = budget }
            val borrower = MemoryPool.isolated("borrower") { this.budget = budget }
            val leases = List(12) { lender.rent(64.KiB) }
            val waiter = Thread.ofPlatform().start { borrower.rentShared(512.KiB, 1.minutes).close() }
            await("it waits") { borrower.stats().waiters == 1 }
            val start = System.nanoTime()
            leases.forEach { it.close() }
            waiter.join()
            (System.nanoTime() - start) / 1_000_000 shouldBeLessThan 5_000
            // And then the lender keeps what it closes again.
            await("it caches again") {
                val before = lender.stats().hits
                repeat(100) { lender.rent(1000).close() }
                lender.stats().hits - before > 90
            }
            lender.close()
            borrower.close()
        }
    }

    test("a request that waits for a budget is served when its limit is raised, and when another pool is closed") {
        MemoryBudget("raised", 1.MiB).use { budget ->
            val lender = MemoryPool.isolated("lender") { this.budget = budget }
            val borrower = MemoryPool.isolated("borrower") { this.budget = budget }
            val lease = lender.rent(768.KiB)
            val first = Thread.ofPlatform().start { borrower.rentShared(512.KiB, 1.minutes).close() }
            await("it waits") { borrower.stats().waiters == 1 }
            budget.limit = 2.MiB
            first.join()
            budget.limit = 1.MiB
            val second = Thread.ofVirtual().start { borrower.rentShared(512.KiB, 1.minutes).close() }
            await("it waits") { borrower.stats().waiters == 1 }
            lease.close()
            lender.close()
            second.join()
            borrower.close()
        }
    }

    test("with as many shared leases as the limit has room for, the oldest is replaced at once") {
        val count = 64
        val pool = MemoryPool.isolated("ring") { limit = count * 64.KiB }
        val ring = ArrayDeque(List(count) { pool.rentShared(64.KiB) })
        repeat(10_000) {
            ring.removeFirst().close()
            ring.addLast(pool.tryRentShared(64.KiB)!!)
        }
        ring.forEach { it.close() }
        pool.close()
    }

    test("twenty thousand requests that wait take no processor time, and each keeps its timeout") {
        val pool = MemoryPool.isolated("crowd") { limit = 1.MiB }
        val lease = pool.rentShared(1.MiB)
        val ended = AtomicInteger()
        val latest = AtomicLong()
        val threads = List(WAITERS) {
            Thread.ofVirtual().start {
                val start = System.nanoTime()
                shouldThrow<RentTimeoutException> { pool.rentShared(64.KiB, 30.seconds) }
                latest.accumulateAndGet(System.nanoTime() - start - 30_000_000_000, ::maxOf)
                ended.incrementAndGet()
            }
        }
        await("all wait: $pool") { pool.stats().waiters == WAITERS }
        // Of two seconds on each processor; the rest of the virtual machine has its share of it. At first the compiler
        // is still busy with the way here, and what other tests have left may be looked after.
        await("all rest for two seconds") {
            val before = system.processCpuTime
            Thread.sleep(2_000)
            system.processCpuTime - before < 200_000_000
        }
        ended.get() shouldBe 0
        threads.forEach { it.join() }
        latest.get() / 1_000_000 shouldBeLessThan ALL_LATE
        println("the last of $WAITERS timeouts came ${latest.get() / 1_000_000} ms late")
        lease.close()
        pool.close()
    }

    test("a short timeout is kept, however many crowd the limit") {
        val pool = MemoryPool.isolated("crowd") { limit = 1.MiB }
        val lease = pool.rentShared(1.MiB)
        val late = ArrayList<Long>()
        val others = List(WAITERS) { Thread.ofVirtual().start { runCatching { pool.rentShared(64.KiB, 1.minutes) } } }
        await("all wait: $pool") { pool.stats().waiters == WAITERS }
        repeat(20) {
            val start = System.nanoTime()
            shouldThrow<RentTimeoutException> { pool.rentShared(64.KiB, 20.milliseconds) }
            late += System.nanoTime() - start - 20_000_000
            val began = System.nanoTime()
            pool.tryRentShared(64.KiB) shouldBe null
            late += System.nanoTime() - began
        }
        // Any one may meet a collection of the heap, or wait for a processor.
        late.sorted()[late.size / 2] / 1_000_000 shouldBeLessThan LATE
        others.forEach { it.interrupt() }
        others.forEach { it.join() }
        pool.stats().waiters shouldBe 0
        lease.close()
        pool.close()
    }
}) {
    private companion object {
        const val WAITERS = 20_000

        // Milliseconds. The promise is 50 on a machine that does nothing else.
        const val LATE = 500L

        // All of them end at the same moment here, and each of them throws.
        const val ALL_LATE = 15_000L
    }
}
