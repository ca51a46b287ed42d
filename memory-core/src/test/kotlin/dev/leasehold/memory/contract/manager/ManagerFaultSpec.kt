package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.GiB
import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.model.ManagerModel
import dev.leasehold.memory.race.Accounting
import dev.leasehold.memory.support.Lender
import dev.leasehold.memory.support.ScriptedPlatform
import dev.leasehold.memory.support.failureOn
import dev.leasehold.memory.support.platform
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import dev.leasehold.testing.awaitNativeRead
import dev.leasehold.testing.logged
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.channels.Pipe
import kotlin.random.Random

class ManagerFaultSpec : FunSpec({
    fun manager(platform: ScriptedPlatform, configure: ManagerOptions.() -> Unit = {}) =
        SystemMemoryManager.make("faults", ManagerOptions().apply(configure), platform)

    test("a system that refuses is named with what was requested and used, and nothing is taken") {
        val platform = ScriptedPlatform().apply { refuseMap = { true } }
        val manager = manager(platform)
        for (size in longArrayOf(1, 64, 4096, 100_000, 1.MiB, 5.MiB)) {
            for (allocate in listOf({ manager.allocate(size) }, { manager.allocate(size, 64) })) {
                val failure = shouldThrow<MemoryExhaustedException> { allocate() }
                failure.message shouldBe
                    "manager 'faults': the system refused memory for ${bytes(size)} (0 bytes reserved, " +
                    "0 bytes used); close blocks sooner, or give the process more memory"
                failure.requested shouldBe size
            }
        }
        manager.allocate(0).close()
        manager.stats().reserved shouldBe 0
        manager.stats().allocations shouldBe 0
        platform.refuseMap = { false }
        manager.allocate(4096).close()
        manager.allocate(5.MiB).close()
        manager.close()
        platform.lentBytes shouldBe 0
    }

    test("a limit that refuses is named with what was requested, reserved, used and allowed, on any system") {
        val platform = ScriptedPlatform()
        val manager = manager(platform) { limit = 1.MiB }
        val block = manager.allocate(600_000)
        val used = manager.stats().used
        for (refuses in listOf(false, true)) {
            platform.refuseMap = { refuses }
            val words = shouldThrow<MemoryExhaustedException> { manager.allocate(600_000) }.message
            words shouldBe "manager 'faults': 600,000 bytes requested, ${bytes(manager.stats().reserved)} of the " +
                "limit of 1,048,576 bytes are reserved and ${bytes(used)} used: close blocks sooner or raise the limit"
        }
        platform.refuseMap = { false }
        block.close()
        manager.allocate(1.MiB).close()
        manager.close()
        platform.lentBytes shouldBe 0
    }

    test("whichever call the system refuses, every allocation succeeds or takes nothing") {
        for (nth in 1..12) {
            val platform = ScriptedPlatform().apply { refuseMap = { it % 13 >= nth } }
            val manager = manager(platform)
            val blocks = ArrayList<Block>()
            for (size in longArrayOf(100, 5000, 70_000, 1.MiB, 3.MiB, 64, 200_000, 16, 40_000, 2.MiB)) {
                val before = manager.stats()
                try {
                    blocks.add(manager.allocate(size))
                } catch (refusal: MemoryExhaustedException) {
                    refusal.requested shouldBe size
                    manager.stats().used shouldBe before.used
                    manager.stats().blocks shouldBe before.blocks
                }
                // Pages that were discarded inside a mapping are lent, but no longer held.
                manager.stats().reserved shouldBeLessThanOrEqualTo platform.lentBytes
            }
            blocks.forEach { block -> block.withSegment { it.asMemorySegment().fill(1) } }
            blocks.forEach(Block::close)
            manager.stats().used shouldBe 0
            manager.close()
            await("all is back: $manager") { platform.lentBytes == 0L }
        }
    }

    test("a refusal makes room from what is idle before it becomes an error") {
        val platform = ScriptedPlatform()
        val manager = manager(platform)
        manager.allocate(3.MiB).close()
        manager.allocate(100).close()
        val room = platform.lentBytes
        platform.refuseMap = { platform.lentBytes >= room }
        manager.allocate(2.MiB).close()
        platform.refuseMap = { false }
        manager.close()
        platform.lentBytes shouldBe 0
    }

    test("memory that the system does not take back stays idle and counted, and goes later") {
        val platform = ScriptedPlatform()
        val manager = manager(platform) { idleBound = 0 }
        val blocks = listOf(manager.allocate(100), manager.allocate(70_000), manager.allocate(3.MiB))
        val viewed = manager.allocate(100).also { it.keptSegment.size shouldBe 100 }
        platform.refuseUnmap = true
        platform.refuseDiscard = true
        val warnings = logged("idle memory") {
            blocks.forEach(Block::close)
            viewed.close()
            manager.trim() shouldBe 0
        }
        warnings.isNotEmpty().shouldBeTrue()
        warnings.all { it.startsWith("idle memory stays reserved for now: scripted: ") }.shouldBeTrue()
        manager.stats().used shouldBe 0
        manager.stats().run { idle shouldBe reserved }
        manager.stats().reserved shouldBeGreaterThan 3.MiB
        logged {
            manager.allocate(3.MiB).close()
            manager.allocate(100).close()
        }
        platform.refuseUnmap = false
        platform.refuseDiscard = false
        manager.trim() shouldBeGreaterThan 3.MiB
        manager.stats().reserved shouldBe 0
        platform.lentBytes shouldBe 0
        manager.close()
    }

    test("a last close whose clean-up the system refuses still closes, and the memory goes when it may") {
        val platform = ScriptedPlatform()
        val manager = manager(platform)
        val block = manager.allocate(70_000)
        val large = manager.allocate(3.MiB)
        platform.refuseUnmap = true
        platform.refuseDiscard = true
        logged {
            shouldThrow<OutstandingBlocksException> { manager.close() }.count shouldBe 2
            block.close()
            large.close()
        }
        block.isClosed.shouldBeTrue()
        large.isClosed.shouldBeTrue()
        manager.stats().blocks shouldBe 0
        platform.refuseUnmap = false
        platform.refuseDiscard = false
        manager.trim() shouldBeGreaterThan 0
        platform.lentBytes shouldBe 0
    }

    test("a system that refuses any call at any time costs refusals, and no byte and no block") {
        val seed = Effort.seed("refusals at random")
        var refusals = 0
        for (round in 0 until Effort.times(8)) {
            val random = Random(seed + round)
            val platform = ScriptedPlatform()
            val manager = manager(platform) {
                idleBound = if (round % 2 == 0) 0 else 1.MiB
                limit = if (round % 4 < 2) Long.MAX_VALUE else 8.MiB
            }
            val model = ManagerModel(manager, seed + round)
            logged {
                repeat(40) {
                    platform.refuseMap = if (random.nextInt(3) == 0) ({ true }) else ({ random.nextInt(4) == 0 })
                    platform.refuseUnmap = random.nextInt(3) == 0
                    platform.refuseDiscard = random.nextInt(3) == 0
                    platform.refuseRemap = random.nextInt(3) == 0
                    model.run(25)
                }
            }
            platform.refuseMap = { false }
            platform.refuseUnmap = false
            platform.refuseDiscard = false
            platform.refuseRemap = false
            val before = model.refusals
            refusals += before
            if (manager.limit > 1.GiB) {
                model.run(100)
                model.refusals shouldBe before
            }
            model.close()
            manager.close()
            manager.trim()
            await("all is back: $manager") { platform.lentBytes == 0L }
            manager.stats().reserved shouldBe 0
        }
        // Of a round that finds all it needs among what lies idle there may be none.
        refusals shouldBeGreaterThan 0
    }

    test("racing threads lose nothing while the system refuses at random") {
        val seed = Effort.seed("racing refusals")
        val platform = ScriptedPlatform()
        val manager = manager(platform) { limit = 512.KiB }
        val accounting = Accounting(Lender.blocks(manager), Lender.viewedBlocks(manager), seed) { manager.trim() }
        val calls = java.util.concurrent.atomic.AtomicInteger()
        platform.refuseMap = { calls.incrementAndGet() % 3 != 0 }
        accounting.run(6, Effort.times(5_000), virtual = false)
        accounting.refused.get() shouldBeGreaterThan 0L
        accounting.served.get() shouldBeGreaterThan 1000L
        manager.stats().used shouldBe 0
        manager.close()
        await("all is back: $manager") { platform.lentBytes == 0L }
    }

    test("a last close while an operation of the system uses the block's own arena is refused and changes nothing") {
        val manager = SystemMemoryManager("busy")
        val block = manager.allocate(1.MiB)
        val view = block.asKeptMemorySegment()
        val pipe = Pipe.open()
        val reading = Thread.ofPlatform().daemon().start { pipe.source().read(view.asSlice(0, 8).asByteBuffer()) }
        awaitNativeRead(reading)
        for (attempt in 1..3) {
            shouldThrow<MemoryBusyException> { if (attempt == 2) onThreadThrowing(block::close) else block.close() }
            block.isClosed.shouldBeFalse()
            block.refCount shouldBe 1
            manager.stats().blocks shouldBe 1
        }
        pipe.sink().write(ByteBuffer.wrap(byteArrayOf(7)))
        reading.join()
        block.withSegment { it.getByte(0) } shouldBe 7
        block.close()
        block.isClosed.shouldBeTrue()
        shouldThrow<IllegalStateException> { view.fill(0) }
        manager.stats().blocks shouldBe 0
        manager.close()
    }

    test("a manager whose options contradict each other is not made") {
        val platform = ScriptedPlatform()
        shouldThrow<MemoryConfigurationException> { manager(platform) { limit = 100 } }
        platform.mapCalls shouldBe 0
    }
})

/** Throws here what [work] throws on a thread of its own. */
private fun onThreadThrowing(work: () -> Unit) {
    failureOn("other", work)?.let { throw it }
}
