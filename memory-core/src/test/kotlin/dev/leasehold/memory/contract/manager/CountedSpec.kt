package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.Lease
import dev.leasehold.memory.ManagerStatistics
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.PageRun
import dev.leasehold.memory.PoolStatistics
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.WaitStatistics
import dev.leasehold.memory.allocate
import dev.leasehold.memory.contract.pool.MisusesSpec
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.block.OwnerKind
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.cache.Tally
import dev.leasehold.memory.internal.engine.EngineState
import dev.leasehold.memory.internal.engine.WaitCounts
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.rent
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.time.Duration.Companion.milliseconds

/** Messages say `1 block` and `2 blocks`. What [MisusesSpec] and its like check besides is not repeated here. */
class CountedSpec : FunSpec({
    test("one is counted in the singular, and none and all others in the plural") {
        listOf(0L, 1L, 2L, -1L, Long.MAX_VALUE).map { counted(it, "block") } shouldBe
            listOf("0 blocks", "1 block", "2 blocks", "-1 blocks", "9,223,372,036,854,775,807 blocks")
        counted(1, "miss", "misses") shouldBe "1 miss"
        counted(2, "miss", "misses") shouldBe "2 misses"
    }

    test("a pool that is closed before its only lease says so of one") {
        val pool = MemoryPool.isolated("early")
        val lease = pool.rent(64)
        shouldThrow<OutstandingLeasesException> { pool.close() }.message shouldBe
            "pool 'early' is closed, and 1 lease of 64 bytes is outstanding; it frees its memory as it is closed; " +
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
                "pool 'chunks': none of the 2 chunks came back within 2 ms: close leases sooner, make more chunks, " +
                "or wait longer"
            leases.forEach(Lease::close)
        }
    }

    test("the limit of one page is a page") {
        val page = SystemMemoryManager("page").use { it.pageSize }
        SystemMemoryManager("small") { limit = page }.use { manager ->
            shouldThrow<InvalidSizeException> { manager.allocatePages(2) }.message shouldBe
                "manager 'small': 2 pages of 4,096 bytes requested, and its limit is 4,096 bytes (1 page): raise the " +
                "limit or request fewer"
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
        val state = EngineState(Owner(OwnerKind.POOL, "one"), BudgetLeaf("one", Long.MAX_VALUE, null), Platform.current)
        check(state.leaf.tryReserve(64))
        fun tally(hits: Long, misses: Long) = Tally().apply { add(2, hits, misses, open = 1) }
        PoolStatistics(state, tally(1, 0), Long.MAX_VALUE, 1, WaitStatistics(WaitCounts())).toString() shouldBe
            "used 48 B, idle 16 B, quarantined 0 B, reserved 64 B (peak 64 B, limit none), 1 waiting, 1 rent " +
            "(1 hit, 0 misses)"
        PoolStatistics(state, tally(1, 1), 128, 0, WaitStatistics(WaitCounts())).toString() shouldBe
            "used 48 B, idle 16 B, quarantined 0 B, reserved 64 B (peak 64 B, limit 128 B), 0 waiting, 2 rents " +
            "(1 hit, 1 miss)"
        ManagerStatistics(state, tally(1, 0), Long.MAX_VALUE, 1, 1).toString() shouldBe
            "1 block, used 48 B, idle 16 B, quarantined 0 B, reserved 64 B (peak 64 B, limit none), " +
            "1 allocation (1 hit)"
    }
})
