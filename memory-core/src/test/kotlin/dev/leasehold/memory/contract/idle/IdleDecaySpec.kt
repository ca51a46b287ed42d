package dev.leasehold.memory.contract.idle

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.memory.support.PoolFixtures
import dev.leasehold.memory.support.residentAt
import dev.leasehold.memory.support.together
import dev.leasehold.testing.await
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Semaphore

/** What nobody uses goes back to the system by itself, wherever it lies. */
class IdleDecaySpec : FunSpec({
    test("of what many threads have used and keep in their caches, no more than the bound is idle when they rest") {
        val bound = 8.MiB
        val pool = MemoryPool.isolated("sleepers") { idleBound = bound }
        val rest = CountDownLatch(THREADS)
        val end = CountDownLatch(1)
        val turns = Semaphore(4)
        val threads = List(THREADS) {
            Thread.ofPlatform().start {
                turns.acquire()
                for (size in SIZES) pool.rent(size).use { it.segment.setByte(0, 1) }
                turns.release()
                rest.countDown()
                end.await()
            }
        }
        rest.await()
        // At once: the bound, what had no second to age, and a little for each thread.
        withClue("at once, $pool") { pool.stats().idle shouldBeLessThanOrEqualTo 4 * bound + THREADS * 64.KiB }
        await("it decays: $pool") { pool.stats().idle <= 1.MiB }
        end.countDown()
        threads.forEach(Thread::join)
        pool.close()
    }

    test("every kind of pool and manager gives everything back that lies idle, without another call") {
        val pools = PoolFixtures.all.filter { !it.fixed }.map { fixture ->
            val pool = fixture.make()
            List(3) { pool.rent(minOf(5000, fixture.largest)) }.forEach { it.close() }
            repeat(40) { pool.rentShared(1000).use { it.withSegment { bytes -> bytes.setByte(0, 1) } } }
            if (!fixture.limited) repeat(3) { pool.rentShared(3.MiB).close() }
            pool.rentShared(100).use { it.keptSegment.setByte(0, 1) }
            together(2, virtual = true) { pool.rent(2000).close() }
            fixture.name to pool
        }
        val manager = SystemMemoryManager("rests")
        List(20) { manager.allocate(64.KiB) }.forEach { it.close() }
        manager.allocate(5.MiB).close()
        // To look costs the figures' walk only, and gives nothing back.
        for ((name, pool) in pools) await("$name has given all back") { pool.stats().reserved == 0L }
        await("the manager has given all back") { manager.stats().reserved == 0L }
        pools.forEach { (_, pool) -> pool.close() }
        manager.close()
    }

    test("the process gets smaller when pools are left alone, and then the library's thread ends") {
        // With a heap that does not grow, so that what comes and goes is what is rented.
        val options = listOf(ChildJvm.NATIVE_ACCESS, "-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch")
        val child = ChildJvm.run(LeftAlone::class, options)
        withClue(child.output) { child.exitCode shouldBe 0 }
    }

    test("the pages of a fixed pool's free chunks go back, of those in use none") {
        for (size in listOf(512L, 64.KiB)) {
            val count = (32.MiB / size).toInt()
            val pool = MemoryPool.fixed("chunks of $size", size, count)
            val leases = List(count) { pool.rent(size).also { lease -> lease.segment.fill(7) } }
            val kept = leases.last()
            val address = kept.asMemorySegment().address()
            leases.dropLast(1).forEach { it.close() }
            val before = residentAt(address)
            before shouldBeGreaterThan 31.MiB
            await("the pages of $size go") { before - residentAt(address) > 30.MiB }
            (0 until size).all { kept.segment.getByte(it) == 7.toByte() } shouldBe true
            kept.close()
            pool.close()
        }
    }

    test("what is idle goes back at once when the limit of a budget is lowered") {
        val budget = MemoryBudget("lowered", 64.MiB)
        val first = MemoryPool.isolated("first") { this.budget = budget }
        val second = MemoryPool.isolated("second") { this.budget = budget }
        for (pool in listOf(first, second)) List(10) { pool.rent(1.MiB) }.forEach { it.close() }
        val kept = second.rent(1.MiB)
        budget.used shouldBeGreaterThan 18.MiB
        budget.limit = 2.MiB
        budget.used shouldBeLessThanOrEqualTo 2.MiB
        kept.close()
        listOf(first, second).forEach(MemoryPool::close)
        budget.close()
    }

    test("views that were kept wait no longer than a rest, though nothing follows them") {
        val pool = MemoryPool.isolated("kept")
        val open = pool.rentShared(4000)
        pool.rentShared(4000).use { it.keptSegment.setByte(0, 1) }
        pool.stats().quarantined shouldBeGreaterThan 0
        await("they are cut off: $pool") { pool.stats().quarantined == 0L }
        open.close()
        pool.close()
    }
}) {
    private companion object {
        const val THREADS = 200
        val SIZES = generateSequence(16L) { it + maxOf(16, it / 4) }.takeWhile { it <= 1024 * 1024 }.toList()
    }
}
