package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.KiB
import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.onThread
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.util.concurrent.Semaphore

class DeadThreadSpec : FunSpec({
    test("what ended threads had in their caches is used again") {
        val pool = MemoryPool.isolated("mortal")
        val most = 3000
        repeat(most) { onThread("mortal-$it") { List(8) { pool.rent(16.KiB) }.forEach(Lease::close) } }
        pool.stats().rents shouldBe most * 8L
        pool.stats().used shouldBe 0
        // Without reuse each thread would leave a magazine or two of 128 KiB: 375 MiB.
        pool.stats().reserved shouldBeLessThan 16.MiB
        pool.trim()
        pool.stats().reserved shouldBe 0
        pool.close()
    }

    test("what ended threads had in their caches is no reason to refuse") {
        val pool = MemoryPool.isolated("mortal") { limit = 1.MiB }
        repeat(20) { onThread("mortal-$it") { List(8) { pool.rent(100L + 1000 * it) }.forEach(Lease::close) } }
        repeat(20) { onThread("mortal-$it") { List(8) { pool.rentShared(100) }.forEach(SharedLease::close) } }
        pool.rent(1.MiB).close()
        pool.close()
        pool.stats().reserved shouldBe 0
    }

    test("very many virtual threads leave no memory of their own behind") {
        val pool = MemoryPool.isolated("virtual")
        val count = Effort.times(100_000)
        val atOnce = Semaphore(500)
        fun wave(threads: Int) = List(threads) {
            atOnce.acquire()
            Thread.ofVirtual().start {
                try {
                    pool.rent(1000).use { lease -> lease.asMemorySegment().fill(1) }
                    pool.rentShared(1000).close()
                } finally {
                    atOnce.release()
                }
            }
        }.forEach(Thread::join)
        wave(2000)
        val early = pool.stats()
        repeat(count / 2000 - 1) { wave(2000) }
        val late = pool.stats()
        late.rents shouldBe 2L * count
        late.used shouldBe 0
        late.reserved shouldBeLessThanOrEqualTo early.reserved + 64.MiB
        pool.trim()
        await("all is idle: ${pool.stats()}") { pool.trim() >= 0 && pool.stats().reserved == 0L }
        pool.close()
    }
})
