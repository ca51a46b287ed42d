package dev.leasehold.memory.race

import dev.leasehold.memory.Block
import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MemoryStatistics
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.indexOf
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.store.SlabStore
import dev.leasehold.memory.rent
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe

class ChurnSpec : FunSpec({
    fun <B> measure(
        name: String,
        allocator: ChurnAllocator<B>,
        operations: Int = 1_000_000,
    ): List<ChurnTrace.Checkpoint> {
        val checkpoints = ArrayList<ChurnTrace.Checkpoint>()
        ChurnTrace(operations = operations).run(allocator, checkpoints = 10, each = checkpoints::add)
        println("churn, $name: worst ${checkpoints.maxBy { it.excess }}; at the end ${checkpoints.last()}")
        return checkpoints
    }

    /** What a manager is meant to keep idle. */
    val idle = 2.MiB

    /** What is reserved when idle memory has had its seconds to go back; beside the bound, the thread's cache keeps some. */
    fun settled(stats: () -> MemoryStatistics): Long {
        val deadline = System.nanoTime() + 120_000_000_000
        while (stats().idle > 9.MiB && System.nanoTime() < deadline) Thread.sleep(20)
        return stats().reserved
    }

    test("after and during churn no more than a quarter over the live bytes, and 8 MiB, is reserved, caches and all") {
        val pool = MemoryPool.isolated("churn") { idleBound = idle }
        val checkpoints = measure(
            "with caches",
            object : ChurnAllocator<Lease> {
                override fun allocate(size: Int): Lease = pool.rent(size.toLong())
                override fun free(block: Lease) = block.close()
                override val reserved: Long get() = settled(pool::stats)
            },
        )
        checkpoints.last().operation shouldBe 1_000_000
        for (each in checkpoints) each.excess shouldBeLessThanOrEqualTo 8.MiB
        pool.trim()
        pool.stats().reserved shouldBe 0
        pool.close()
    }

    fun managerThat(use: (Block) -> Unit, manager: SystemMemoryManager) = object : ChurnAllocator<Block> {
        override fun allocate(size: Int): Block = manager.allocate(size.toLong()).also(use)

        override fun free(block: Block) = block.close()

        override val reserved: Long get() = settled(manager::stats)
    }

    fun shouldGiveAllBack(manager: SystemMemoryManager) {
        await("all goes back") {
            manager.trim()
            manager.stats().reserved == 0L
        }
        manager.close()
    }

    test("the same holds for a manager's blocks, with its default options") {
        val manager = SystemMemoryManager("churn")
        val checkpoints = measure("a manager", managerThat({ b -> b.withSegment { it.setByte(0, 1) } }, manager))
        for (each in checkpoints) each.excess shouldBeLessThanOrEqualTo 8.MiB
        shouldGiveAllBack(manager)
    }

    test(
        "blocks that live long do not keep more than some epochs of others in quarantine, views for any thread or not",
    ) {
        val manager = SystemMemoryManager("churn")
        val use = managerThat({ it.keptSegment.setByte(0, 1) }, manager)
        val checkpoints = measure("a manager whose blocks all have views for any thread", use, operations = 200_000)
        // Until they have shrunk it is more; without that it is hundreds. A few more epochs may be on their way to
        // retirement.
        for (each in checkpoints.drop(checkpoints.size / 2)) each.excess shouldBeLessThanOrEqualTo 100.MiB
        shouldGiveAllBack(manager)
    }

    test("the store alone holds at most a twentieth more than the blocks that are out, and the idle bound") {
        val leaf = BudgetLeaf("store", Long.MAX_VALUE, null)
        val store = SlabStore(Platform.current, leaf) { idle }
        var worst = 0L
        val checkpoints = measure(
            "the store alone",
            object : ChurnAllocator<Long> {
                override fun allocate(size: Int) = store.take(SizeClasses.indexOf(size.toLong()))
                override fun free(block: Long) = store.giveBack(block)
                override val reserved: Long
                    get() {
                        worst = maxOf(worst, leaf.reserved - store.outBytes * 21 / 20)
                        return leaf.reserved
                    }
            },
        )
        worst shouldBeLessThanOrEqualTo idle
        checkpoints.maxOf { it.live } shouldBeGreaterThan 60.MiB
        checkpoints.minOf { it.live } shouldBeLessThan 10.MiB
        store.outBytes shouldBe 0
        store.trim()
        leaf.reserved shouldBe 0
    }

    test("the measure finds an allocator that keeps what it once had") {
        val kept = HashMap<Int, Int>()
        var reserved = 0L
        val checkpoints = measure(
            "an allocator that keeps everything",
            object : ChurnAllocator<Int> {
                override fun allocate(size: Int): Int {
                    val index = SizeClasses.indexOf(size.toLong())
                    val free = kept.getOrDefault(index, 0)
                    if (free > 0) kept[index] = free - 1 else reserved += SizeClasses.sizeOf(index)
                    return index
                }

                override fun free(block: Int) {
                    kept.merge(block, 1, Int::plus)
                }

                override val reserved: Long get() = reserved
            },
        )
        checkpoints.count { it.excess > 8.MiB } shouldBeGreaterThan 2
    }
})
