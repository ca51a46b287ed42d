package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.FixedMemoryPool
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.PoolOptions
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.rent
import dev.leasehold.memory.support.ScriptedPlatform
import dev.leasehold.testing.await
import dev.leasehold.testing.logged
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

/** A system that has no mapping left to cut one in two: it ends none, but takes pages. */
class RefusedUnmapSpec : FunSpec() {
    private val page = Platform.current.pageSize

    private fun manager(platform: ScriptedPlatform, configure: ManagerOptions.() -> Unit = { idleBound = 0 }) =
        SystemMemoryManager.make("holes", ManagerOptions().apply(configure), platform)

    init {
        test("what the system does not unmap is reserved no longer once its pages are gone, and one record says so") {
            val platform = ScriptedPlatform().apply { refuseUnmap = true }
            val manager = manager(platform)
            val blocks = List(100) { manager.allocate(2.MiB) }
            val records = logged("unmap refused 2097152 bytes") {
                blocks.forEach(Block::close)
                manager.trim()
            }
            // About one a second.
            records.size shouldBeInRange 1..20
            records.distinct() shouldBe listOf(
                "idle memory has gone back, but its addresses stay for now: scripted: unmap refused 2097152 bytes",
            )
            manager.stats().reserved shouldBe 0
            platform.lentBytes shouldBe 200.MiB
            platform.refuseUnmap = false
            manager.trim()
            platform.lentBytes shouldBe 0
            manager.close()
        }

        test("addresses without pages serve the next block of about their size, as zeros, within the limit") {
            val platform = ScriptedPlatform().apply { refuseUnmap = true }
            val manager = manager(platform) {
                idleBound = 0
                limit = 5.MiB
            }
            logged("idle memory") {
                manager.allocate(4.MiB).use { block -> block.withSegment { it.setByte(0, 1) } }
                manager.trim()
            }
            platform.refuseMap = { true }
            // A quarter more would be too much, and so would be what the limit does not allow.
            shouldThrow<MemoryExhaustedException> { manager.allocate(3.MiB) }
            val small = manager.allocate(4.MiB - page)
            manager.stats().reserved shouldBe 4.MiB
            small.withSegment { it.getByte(0) } shouldBe 0
            shouldThrow<MemoryExhaustedException> { manager.allocate(4.MiB) }
            platform.refuseUnmap = false
            small.close()
            manager.trim()
            manager.stats().reserved shouldBe 0
            platform.lentBytes shouldBe 0
            manager.close()
        }

        test("where there are many mappings none is ended, and all go when there are few") {
            val platform = ScriptedPlatform()
            val manager = manager(platform)
            val blocks = List(100) { manager.allocate(2.MiB) }
            platform.manyMappings = 50
            blocks.filterIndexed { index, _ -> index % 4 != 0 }.forEach(Block::close)
            manager.trim()
            manager.stats().reserved shouldBe 50.MiB
            // 25 are in use: that many are no reason to keep the others.
            platform.mappingCount shouldBe 25
            blocks.filterIndexed { index, _ -> index % 4 == 0 }.forEach(Block::close)
            manager.trim()
            platform.lentBytes shouldBe 0
            manager.close()
        }

        test("the region of a closed fixed pool is not charged once its pages are gone") {
            val platform = ScriptedPlatform().apply { refuseUnmap = true }
            val pool = FixedMemoryPool.make("holes", 64, 1000, 64, PoolOptions(), platform)
            val lease = pool.rent()
            logged("idle memory") {
                runCatching { pool.close() }.exceptionOrNull()!!.message!! shouldContain "outstanding"
                lease.close()
            }
            pool.stats().reserved shouldBe 0
            pool.stats().used shouldBe 0
        }

        test("the region of a closed fixed pool that keeps its pages is offered again") {
            val platform = ScriptedPlatform().apply { refuseUnmap = true }
            platform.refuseDiscard = true
            val pool = FixedMemoryPool.make("holes", 64, 1000, 64, PoolOptions(), platform)
            logged("idle memory") {
                pool.trim() shouldBe 0
                pool.close()
                pool.stats().reserved shouldBe platform.lentBytes
                // It goes on to refuse that its pages are taken: else the region may become a hollow in between.
                platform.refuseUnmap = false
                await("it has gone") { platform.lentBytes == 0L && pool.stats().reserved == 0L }
            }
        }

        test("a refusal says what the system said, also where a limit has room") {
            val platform = ScriptedPlatform().apply { refuseMap = { true } }
            platform.refusal = Platform.SystemRefusal("it has none left", "buy some")
            val manager = manager(platform) { limit = 8.MiB }
            shouldThrow<MemoryExhaustedException> { manager.allocate(2.MiB) }.message shouldBe
                "manager 'holes': the system refused memory for 2,097,152 bytes (0 bytes reserved, 0 bytes used): it " +
                "has none left; close blocks sooner, or buy some"
            shouldThrow<MemoryExhaustedException> {
                FixedMemoryPool.make("holes", 64, 64, 64, PoolOptions(), platform)
            }.message shouldBe
                "pool 'holes': the system refused memory for 4,096 bytes (0 bytes reserved, 0 bytes used): it has " +
                "none left; close leases sooner, or buy some"
            manager.close()
        }
    }
}
