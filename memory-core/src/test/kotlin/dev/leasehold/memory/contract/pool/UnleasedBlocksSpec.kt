@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.Hygiene
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.diagnostics.LeakDetection
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.giveBlockBack
import dev.leasehold.memory.internal.spi.leaseBlock
import dev.leasehold.memory.internal.spi.takeBlock
import dev.leasehold.memory.rentShared
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldNotBeZero
import io.kotest.matchers.shouldBe
import java.util.concurrent.CompletableFuture

class UnleasedBlocksSpec : FunSpec() {
    private fun onVirtual(action: () -> Long): Long {
        val result = CompletableFuture<Long>()
        Thread.startVirtualThread { result.complete(action()) }
        return result.get()
    }

    init {
        test("a block without a lease counts as leased until it is given back, on any thread") {
            MemoryPool.isolated("blocks").use { pool ->
                val here = pool.takeBlock(1000)
                val there = onVirtual { pool.takeBlock(1000) }
                here.shouldNotBeZero()
                there.shouldNotBeZero()
                pool.stats().leases shouldBe 2
                pool.giveBlockBack(there, 1000)
                onVirtual { pool.giveBlockBack(here, 1000).let { 0L } }
                pool.stats().leases shouldBe 0
                pool.stats().used shouldBe 0
            }
        }

        test("no lease has the block meanwhile, and the next one may") {
            MemoryPool.isolated("blocks").use { pool ->
                val address = pool.takeBlock(64)
                val others = List(1000) { pool.rentShared(64) }
                others.any { it.address == address } shouldBe false
                others.forEach { it.close() }
                pool.giveBlockBack(address, 64)
                pool.rentShared(64).use { it.address shouldBe address }
            }
        }

        test("a block that gets a lease goes back with its close, once") {
            MemoryPool.isolated("blocks").use { pool ->
                val address = pool.takeBlock(100)
                val lease = pool.leaseBlock(address, 100)
                lease.address shouldBe address
                lease.size shouldBe 100
                pool.stats().leases shouldBe 1
                lease.close()
                lease.close()
                pool.stats().leases shouldBe 0
            }
        }

        test("a pool that is closed with one out says so") {
            val pool = MemoryPool.isolated("blocks")
            val address = pool.takeBlock(100)
            shouldThrow<OutstandingLeasesException> { pool.close() }.count shouldBe 1
            pool.takeBlock(100) shouldBe 0
            pool.giveBlockBack(address, 100)
            pool.stats().used shouldBe 0
        }

        test("there is none where a pool does something for each lease, has no size classes, or the size has none") {
            val pools = listOf(
                MemoryPool.isolated("traced") { traceSites = true },
                MemoryPool.isolated("zeroed") { hygiene = Hygiene.ZERO_ON_RENT },
                MemoryPool.fixed("chunks", 4.KiB, 4),
            )
            for (pool in pools) {
                pool.takeBlock(64) shouldBe 0
                onVirtual { pool.takeBlock(64) } shouldBe 0
                pool.close()
            }
            MemoryPool.isolated("sizes").use { pool ->
                listOf(-1L, 0L, 1.MiB + 1, Long.MAX_VALUE).forEach { pool.takeBlock(it) shouldBe 0 }
            }
        }

        test("there is none where the limit refuses it") {
            MemoryPool.isolated("limited") { limit = 64.KiB }.use { pool ->
                val all = generateSequence { pool.takeBlock(16.KiB).takeIf { it != 0L } }.toList()
                all.size shouldBe 4
                onVirtual { pool.takeBlock(16.KiB) } shouldBe 0
                all.forEach { pool.giveBlockBack(it, 16.KiB) }
            }
        }

        test("one that is to be watched becomes a lease") {
            val before = LeakDetection.sampleEvery
            LeakDetection.sampleEvery = 1
            try {
                MemoryPool.isolated("watched").use { pool ->
                    pool.takeBlock(64) shouldBe 0
                    pool.rentShared(64).use { LeakDetection.dump().of("watched").size shouldBe 1 }
                    onVirtual { pool.takeBlock(64) } shouldBe 0
                }
            } finally {
                LeakDetection.sampleEvery = before
            }
        }
    }
}
