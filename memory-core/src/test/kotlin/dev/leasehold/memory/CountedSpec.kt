package dev.leasehold.memory

import dev.leasehold.memory.internal.access.counted
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.time.Duration.Companion.milliseconds

/** Messages say `1 block` and `2 blocks`. What [MisusesSpec] and its like check besides is not repeated here. */
class CountedSpec : FunSpec({
    test("one is counted in the singular, and none and all others in the plural") {
        listOf(0L, 1L, 2L, -1L, Long.MAX_VALUE).map { counted(it, "block") } shouldBe
            listOf("0 blocks", "1 block", "2 blocks", "-1 blocks", "9223372036854775807 blocks")
        counted(1, "miss", "misses") shouldBe "1 miss"
        counted(2, "miss", "misses") shouldBe "2 misses"
    }

    test("a pool that is closed before its only lease says so of one") {
        val pool = MemoryPool.isolated("early")
        val lease = pool.rent(64)
        shouldThrow<OutstandingLeasesException> { pool.close() }.message shouldBe
            "pool 'early' is closed, and 1 lease of 64 bytes is outstanding; it frees its memory as it closes; " +
            "set traceSites = true on the pool to see where it was rented"
        lease.close()
    }

    test("a manager that is closed before two blocks says so of both") {
        val manager = SystemMemoryManager("early")
        val blocks = List(2) { manager.allocate(64) }
        shouldThrow<OutstandingBlocksException> { manager.close() }.message shouldBe
            "manager 'early' is closed, and 2 blocks of 128 bytes are allocated; they free their memory as they are " +
            "closed; set traceSites = true on the manager to see where they were allocated"
        blocks.forEach(Block::close)
    }

    test("a fixed pool of several chunks counts those that are leased, and waits for any") {
        MemoryPool.fixed("chunks", 100, 2).use { pool ->
            val leases = List(2) { pool.rent() }
            shouldThrow<MemoryExhaustedException> { pool.rent() }.message shouldBe
                "pool 'chunks': 2 of 2 chunks are leased: close leases sooner, make more chunks, or rent with a " +
                "timeout to wait"
            shouldThrow<RentTimeoutException> { pool.rent(8, 2.milliseconds) }.message shouldBe
                "pool 'chunks': none of the 2 chunks came back within 2 ms"
            leases.forEach(Lease::close)
        }
    }

    test("the limit of one page is a page") {
        val page = SystemMemoryManager("page").use { it.pageSize }
        SystemMemoryManager("small") { limit = page }.use { manager ->
            shouldThrow<InvalidSizeException> { manager.allocatePages(2) }.message shouldBe
                "manager 'small': 2 pages of $page bytes asked, and its limit is $page bytes (1 page): raise the " +
                "limit or ask for fewer"
        }
    }

    test("a block and a run of pages with one holder each have one reference") {
        SystemMemoryManager("holders").use { manager ->
            val one = ", 1 reference, manager 'holders')"
            manager.allocate(8).use {
                it.toString() shouldBe "Block(8 bytes at 0x${it.address.toString(16)}$one"
            }
            manager.allocatePages(1).use {
                it.toString() shouldBe "PageRun(page ${it.id}, ${it.size} bytes at 0x${it.address.toString(16)}$one"
            }
        }
    }

    test("figures of one are in the singular") {
        PoolStatistics(64, 64, 0, 0, 0, 64, Long.MAX_VALUE, 1, 1, 1, 1).toString() shouldBe
            "used 64 B, idle 0 B, quarantined 0 B, reserved 64 B (peak 64 B, limit none), 1 waiting, 1 rent " +
            "(1 hit, 1 miss)"
        PoolStatistics(64, 64, 0, 0, 0, 64, 128, 0, 2, 0, 2).toString() shouldBe
            "used 64 B, idle 0 B, quarantined 0 B, reserved 64 B (peak 64 B, limit 128 B), 0 waiting, 2 rents " +
            "(0 hits, 2 misses)"
        ManagerStatistics(64, 64, 0, 0, 64, Long.MAX_VALUE, 1, 1, 1).toString() shouldBe
            "1 block, used 64 B, idle 0 B, quarantined 0 B, reserved 64 B (peak 64 B, limit none), 1 allocation (1 hit)"
    }
})
