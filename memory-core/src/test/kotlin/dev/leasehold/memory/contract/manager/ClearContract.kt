package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.support.ManagerFixture
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.shouldAddUp
import dev.leasehold.memory.support.together
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.lang.foreign.ValueLayout.JAVA_BYTE

/** What taking all blocks back does: the part of [ManagerContract] about [MemoryManager.clear]. */
internal object ClearContract {
    val checks: List<ManagerContract.Check> = listOf(
        ManagerContract.Check(
            "clear closes every block, gives all memory back at once, and the manager goes on",
            ::clear,
        ),
        ManagerContract.Check(
            "a block that was taken back refuses in so many words, and its close does nothing",
            ::words,
        ),
        ManagerContract.Check("clear takes the quarantine back, too, and cuts its views off", ::quarantine),
        ManagerContract.Check("figures add up across a clear, and allocations are counted on", ::figures),
        ManagerContract.Check("a closed manager can be cleared of what is still allocated", ::closed),
        ManagerContract.Check("a scope finds zeros or its own bytes after a clear", ::withinScope),
        ManagerContract.Check("a manager that belongs to the process cannot be cleared", ::system),
    )

    private fun sizes(fixture: ManagerFixture) =
        if (fixture.limited) longArrayOf(0, 24, 300) else longArrayOf(0, 24, 300, 5000, 100_000, 3.MiB)

    private fun shouldBeEmpty(manager: MemoryManager) {
        val stats = manager.stats()
        stats.shouldAddUp()
        listOf(stats.blocks, stats.used, stats.quarantined, stats.idle, stats.reserved) shouldBe List(5) { 0L }
    }

    private fun clear(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.closable) return@use
        repeat(3) {
            val blocks = sizes(fixture).map(manager::allocate)
            blocks.filter { it.size > 0 }.forEach { block -> block.withSegment { it.asMemorySegment().fill(1) } }
            val views = blocks.filter { it.size > 0 }.map(Block::asKeptMemorySegment)
            onThread { manager.allocate(64).withSegment { it.setLong(0, 1) } }
            together(1, virtual = true) { manager.allocate(64).withSegment { it.setLong(0, 1) } }
            manager.clear()
            shouldBeEmpty(manager)
            for (view in views) {
                shouldThrow<IllegalStateException> { view.get(JAVA_BYTE, 0) }
                shouldThrow<IllegalStateException> { view.asSlice(8).set(JAVA_BYTE, 0, 2) }
            }
            for (block in blocks) {
                block.isClosed shouldBe true
                block.refCount shouldBe 0
                repeat(2) { block.close() }
                onThread { block.close() }
            }
            shouldBeEmpty(manager)
        }
        manager.isClosed shouldBe false
        manager.clear()
    }

    private fun words(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.closable) return@use
        val block = manager.allocate(33).retain()
        val viewed = manager.allocate(33).also { it.keptSegment.size shouldBe 33 }
        manager.clear()
        for (taken in listOf(block, viewed)) {
            val place = "Block of 33 bytes at 0x${taken.address.toString(16)}"
            val uses = mapOf<String, () -> Any?>(
                "retained" to { taken.retain() },
                "resized" to { taken.resize(10) },
                "used" to { taken.keptSegment },
            )
            for ((verb, use) in uses) {
                val refusal = shouldThrow<BlockClosedException> { use() }
                refusal.message shouldBe
                    "$place was $verb after manager '${manager.name}' had taken all of its blocks " +
                    "back: allocate anew after a clear"
                refusal.managerName shouldBe manager.name
                refusal.size shouldBe 33
            }
            shouldThrow<BlockClosedException> { taken.withSegment { it.size } }
            shouldThrow<BlockClosedException> { taken.asKeptByteBuffer() }
            shouldThrow<BlockClosedException> { taken.transferTo(manager.budget) }
            taken.tryRetain() shouldBe false
            taken.toString() shouldBe
                "Block(33 bytes at 0x${taken.address.toString(16)}, closed, manager '${manager.name}')"
            repeat(4) { taken.close() }
        }
    }

    private fun quarantine(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.closable) return@use
        val views = List(20) { index -> manager.allocate(100).use { it.asKeptMemorySegment().fill(index.toByte()) } }
        manager.clear()
        shouldBeEmpty(manager)
        for (view in views) shouldThrow<IllegalStateException> { view.get(JAVA_BYTE, 0) }
    }

    private fun figures(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.closable) return@use
        val before = manager.stats().allocations
        repeat(30) { manager.allocate(80).close() }
        val kept = manager.allocate(80)
        manager.clear()
        manager.stats().allocations shouldBe before + 31
        manager.allocate(80).close()
        manager.stats().shouldAddUp()
        manager.stats().allocations shouldBe before + 32
        kept.close()
        manager.stats().blocks shouldBe 0
        manager.stats().peak shouldBeGreaterThan 0
        manager.trim()
        manager.stats().reserved shouldBe 0
    }

    private fun closed(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.closable) return@use
        val here = manager.allocate(64)
        val view = here.asKeptMemorySegment()
        val large = if (fixture.limited) null else manager.allocate(2.MiB)
        shouldThrow<OutstandingBlocksException> { manager.close() }
        val allocations = manager.stats().allocations
        repeat(2) {
            manager.clear()
            shouldBeEmpty(manager)
            manager.stats().allocations shouldBe allocations
            manager.isClosed shouldBe true
        }
        shouldThrow<IllegalStateException> { view.get(JAVA_BYTE, 0) }
        here.close()
        large?.close()
        shouldThrow<ManagerClosedException> { manager.allocate(64) }
        shouldBeEmpty(manager)
    }

    private fun withinScope(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.closable) return@use
        for (size in sizes(fixture).filter { it > 0 }) {
            val block = manager.allocate(size)
            block.withSegment { segment ->
                val raw = segment.asMemorySegment()
                raw.fill(7)
                manager.clear()
                // Others' bytes come and go meanwhile.
                val next = manager.allocate(size)
                next.withSegment { it.asMemorySegment().fill(9) }
                if (Platform.current.bindsViews) {
                    raw.get(JAVA_BYTE, size - 1) shouldBe 0
                    raw.set(JAVA_BYTE, 3, 4)
                    raw.get(JAVA_BYTE, 3) shouldBe 4
                    next.withSegment { it.asMemorySegment().get(JAVA_BYTE, 3) } shouldBe 9
                }
                next.close()
            }
            block.isClosed shouldBe true
            block.close()
        }
    }

    private fun system(fixture: ManagerFixture) = fixture.use { manager ->
        if (fixture.closable) return@use
        val block = manager.allocate(1000)
        shouldThrow<UnsupportedOperationException> { manager.clear() }.message shouldBe
            "the system manager belongs to the whole process and cannot be cleared; use SystemMemoryManager(name) " +
            "for one that can"
        block.isClosed shouldBe false
        block.close()
    }
}
