package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.access
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.support.ManagerFixture
import dev.leasehold.memory.support.failureOn
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.shouldAddUp
import dev.leasehold.memory.support.withoutEpochs
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.lang.foreign.ValueLayout.JAVA_BYTE

/** What every manager does, as plain functions, so that a virtual machine without a test framework can run them too. */
internal object ManagerContract {
    /** One sentence about managers, and how to see whether it holds for a [ManagerFixture]. */
    class Check(val sentence: String, val run: (ManagerFixture) -> Unit)

    val checks: List<Check> = listOf(
        Check("a block has exactly the bytes requested for, and no neighbour is reachable", ::exactViews),
        Check("blocks lie at multiples of 64, small ones of 16", ::naturalAlignment),
        Check("a requested alignment is kept", ::keptAlignment),
        Check("blocks do not overlap and keep their bytes", ::noOverlap),
        Check("a block without bytes is valid, costs nothing and can be closed", ::emptyBlocks),
        Check("a size or alignment that no block may have is refused before anything changes", ::refusedSizes),
        Check("figures add up at every step", ::figuresAddUp),
        Check("trimming gives back what is idle and no more", ::trimming),
        Check("at the limit allocate throws, nothing is taken, and one close makes room", ::atTheLimit),
        Check("closing with blocks allocated throws, closes, and leaves the blocks valid", ::closeWithOutstanding),
        Check("a closed manager refuses to allocate and says so", ::closedManager),
        Check("closing a manager again does nothing", ::closeTwice),
        Check("a manager that belongs to the process cannot be closed", ::systemStaysOpen),
        Check("manager and figures have their names in their texts", ::describesItself),
    ) + BlockContract.checks + ClearContract.checks + ResizeContract.checks + PageContract.checks +
        PageIdContract.checks + PageEndContract.checks + PageResizeContract.checks

    private val everyClassBorder = (0 until SizeClasses.COUNT).map(SizeClasses::sizeOf).flatMap {
        listOf(
            it - 1,
            it,
            it + 1,
        )
    }

    private val sizes: List<Long> = (
        listOf<Long>(0, 1, 15, 16, 17, 100, 1000, 4095, 4096, 4097, 3 * (1L shl 20) + 17) + everyClassBorder
        ).distinct().sorted()

    private fun sizesFor(manager: MemoryManager): List<Long> {
        val most = minOf(manager.maxAllocation, manager.limit - 4096)
        return sizes.filter { it <= most }
    }

    private fun exactViews(fixture: ManagerFixture) = fixture.use { manager ->
        for (size in sizesFor(manager)) {
            manager.allocate(size).use { block ->
                block.size shouldBe size
                block.manager shouldBe manager
                block.withSegment { checkView(it, size) }
                if (size < 4.KiB || size % 3 == 0L) checkView(block.keptSegment, size)
            }
            manager.allocate(size, 1).use { it.withSegment { view -> view.size shouldBe size } }
        }
    }

    private fun checkView(view: Segment, size: Long) {
        val raw = view.asMemorySegment()
        raw.byteSize() shouldBe size
        shouldThrow<IndexOutOfBoundsException> { raw.get(JAVA_BYTE, size) }
        shouldThrow<IndexOutOfBoundsException> { raw.get(JAVA_BYTE, -1) }
        if (size == 0L) return
        raw.set(JAVA_BYTE, 0, 1)
        raw.set(JAVA_BYTE, size - 1, 2)
        raw.get(JAVA_BYTE, size - 1) shouldBe 2
    }

    private fun naturalAlignment(fixture: ManagerFixture) = fixture.use { manager ->
        for (size in sizesFor(manager)) {
            val unit = if (size >= 64) 64L else 16L
            val blocks = List(if (fixture.limited) 1 else 3) { manager.allocate(size) }
            blocks.forEach { block ->
                block.address % unit shouldBe 0
                block.withSegment { it.asMemorySegment().address() } shouldBe block.address
                block.asKeptMemorySegment().address() shouldBe block.address
            }
            blocks.forEach(Block::close)
        }
    }

    private fun keptAlignment(fixture: ManagerFixture) = fixture.use { manager ->
        for (alignment in generateSequence(1L) { it * 2 }.takeWhile { it <= Platform.current.pageSize }) {
            for (size in listOf<Long>(0, 1, 48, 65, 96, 320, 5000, 2.MiB).filter { it <= sizesFor(manager).last() }) {
                val blocks = List(2) { manager.allocate(size, alignment) }
                blocks.forEach { block ->
                    block.address % alignment shouldBe 0
                    block.size shouldBe size
                    block.withSegment { it.size } shouldBe size
                }
                blocks.forEach(Block::close)
            }
        }
    }

    private fun noOverlap(fixture: ManagerFixture) = fixture.use { manager ->
        val blocks = sizesFor(manager).filter { it >= 8 && (!fixture.limited || it < manager.limit / 256) }
            .map(manager::allocate)
        blocks.forEachIndexed { index, block -> block.withSegment { it.asMemorySegment().fill(index.toByte()) } }
        blocks.forEachIndexed { index, block ->
            block.withSegment { view ->
                val raw = view.asMemorySegment()
                for (at in longArrayOf(0, block.size / 2, block.size - 1)) {
                    raw.get(JAVA_BYTE, at) shouldBe
                        index.toByte()
                }
            }
        }
        blocks.forEach(Block::close)
    }

    private fun emptyBlocks(fixture: ManagerFixture) = fixture.use { manager ->
        val before = manager.stats()
        val blocks = List(100) { if (it % 2 == 0) manager.allocate(0) else manager.allocate(0, 64) }
        val after = manager.stats()
        after.reserved shouldBe before.reserved
        after.used shouldBe before.used
        after.blocks shouldBe before.blocks
        for (block in blocks) {
            block.size shouldBe 0
            block.keptSegment.size shouldBe 0
            block.withSegment { it.size } shouldBe 0
            block.asKeptByteBuffer().capacity() shouldBe 0
            block.retain().close()
            block.refCount shouldBe 1
            block.close()
            block.isClosed shouldBe true
            shouldThrow<BlockClosedException> { block.close() }
            shouldThrow<BlockClosedException> { block.keptSegment }
        }
    }

    private fun refusedSizes(fixture: ManagerFixture) = fixture.use { manager ->
        val before = manager.stats()
        val most = manager.maxAllocation
        (most > 0 && most <= manager.limit) shouldBe true
        val sizes = listOf(-1, -64, Long.MIN_VALUE, most + 1, Long.MAX_VALUE)
        for (size in sizes) {
            shouldThrow<InvalidSizeException> { manager.allocate(size) }.size shouldBe size
            shouldThrow<InvalidSizeException> { manager.allocate(size, 64) }.size shouldBe size
        }
        for (alignment in longArrayOf(0, -8, 3, 48, 2 * Platform.current.pageSize, Long.MIN_VALUE)) {
            shouldThrow<InvalidAlignmentException> { manager.allocate(64, alignment) }.alignment shouldBe alignment
        }
        manager.stats().withoutEpochs() shouldBe before.withoutEpochs()
    }

    private fun figuresAddUp(fixture: ManagerFixture) = fixture.use { manager ->
        val start = manager.stats()
        val open = ArrayList<Block>()
        var allocations = start.allocations
        repeat(40) { step ->
            if (step % 4 == 3) open.removeFirst().close()
            val size = 1 + step * 3L
            open.add(if (step % 2 == 0) manager.allocate(size) else manager.allocate(size, 128))
            if (step % 5 == 0) open.last().keptSegment.size shouldBe size
            allocations++
            val stats = manager.stats()
            stats.shouldAddUp()
            stats.limit shouldBe manager.limit
            stats.blocks shouldBe start.blocks + open.size
            stats.used - start.used shouldBeGreaterThanOrEqualTo open.sumOf { it.size }
            if (fixture.closable) stats.allocations shouldBe allocations
        }
        // A reference more is no block more.
        val used = manager.stats().used
        open.forEach(Block::retain)
        manager.stats().used shouldBe used
        manager.stats().blocks shouldBe start.blocks + open.size
        repeat(2) { open.forEach(Block::close) }
    }

    private fun trimming(fixture: ManagerFixture) = fixture.use { manager ->
        val kept = manager.allocate(80)
        kept.withSegment { it.asMemorySegment().fill(7) }
        List(3) { manager.allocate(80) }.forEach(Block::close)
        manager.allocate(80).use { it.keptSegment.size shouldBe 80 }
        val before = manager.stats().reserved
        val gone = manager.trim()
        before - manager.stats().reserved shouldBe gone
        // Of the process's own others may have views.
        if (fixture.closable) manager.stats().quarantined shouldBe 0
        manager.stats().shouldAddUp()
        // Without native access pages cannot be taken out of the middle of a mapping.
        val most = if (Platform.current.bindsViews) 2 * Platform.current.pageSize else before
        if (fixture.closable) manager.stats().reserved shouldBeLessThanOrEqualTo most
        manager.trim() shouldBe 0
        List(3) { manager.allocate(80) }.onEach { block -> block.withSegment { it.asMemorySegment().fill(1) } }
            .forEach(Block::close)
        kept.withSegment { view -> for (at in 0L until 80) view.asMemorySegment().get(JAVA_BYTE, at) shouldBe 7 }
        kept.close()
    }

    private fun atTheLimit(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.limited) return@use
        val size = manager.limit / 4
        val blocks = ArrayList<Block>()
        val refusal = shouldThrow<MemoryExhaustedException> { repeat(5) { blocks.add(manager.allocate(size)) } }
        refusal.requested shouldBe size
        refusal.ownerName shouldBe manager.name
        blocks.size shouldBeGreaterThanOrEqualTo 3
        val full = manager.stats()
        val words = refusal.message.shouldNotBeNull()
        for (figure in listOf(size, full.used, manager.limit)) words shouldContain bytes(figure)
        full.reserved shouldBeLessThanOrEqualTo full.limit
        shouldThrow<MemoryExhaustedException> { manager.allocate(size, 64) }
        manager.stats().used shouldBe full.used
        manager.stats().blocks shouldBe blocks.size.toLong()
        blocks.last().close()
        manager.allocate(size).close()
        blocks.dropLast(1).forEach(Block::close)
        manager.allocate(manager.maxAllocation).close()
    }

    private fun closeWithOutstanding(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.closable) return@use
        val here = manager.allocate(64)
        val viewed = manager.allocate(64)
        val view = viewed.asKeptMemorySegment()
        val large = if (fixture.limited) null else manager.allocate(2.MiB)
        val used = manager.stats().used
        val count = if (large == null) 2L else 3L
        val failure = shouldThrow<OutstandingBlocksException> { manager.close() }
        failure.ownerName shouldBe manager.name
        failure.count shouldBe count
        failure.bytes shouldBe used
        failure.message.shouldNotBeNull().substringBefore(";") shouldBe
            "manager '${manager.name}' is closed, and $count blocks of ${bytes(used)} are allocated"
        manager.isClosed shouldBe true
        manager.close()
        here.retain().withSegment { it.asMemorySegment().set(JAVA_BYTE, 63, 5) }
        here.close()
        here.withSegment { it.asMemorySegment().get(JAVA_BYTE, 63) } shouldBe 5
        onThread { view.set(JAVA_BYTE, 0, 6) }
        viewed.keptSegment.asMemorySegment().get(JAVA_BYTE, 0) shouldBe 6
        viewed.close()
        onThread { here.close() }
        large?.withSegment { it.asMemorySegment().set(JAVA_BYTE, 2.MiB - 1, 1) }
        large?.close()
        await("the last block frees the memory: $manager") { manager.stats().reserved == 0L }
        manager.stats().blocks shouldBe 0
    }

    private fun closedManager(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.closable) return@use
        manager.allocate(64).close()
        manager.isClosed shouldBe false
        manager.close()
        manager.isClosed shouldBe true
        for (size in longArrayOf(0, 1, 64, 5000)) {
            for (allocate in listOf({ manager.allocate(size) }, { manager.allocate(size, 64) })) {
                val refusal = shouldThrow<ManagerClosedException> { allocate() }
                refusal.message shouldBe "manager '${manager.name}' is closed: allocate from a manager that is open"
                refusal.managerName shouldBe manager.name
                failureOn("elsewhere") { allocate() }?.javaClass shouldBe ManagerClosedException::class.java
            }
        }
        shouldThrow<InvalidSizeException> { manager.allocate(-1) }
        manager.stats().reserved shouldBe 0
    }

    private fun closeTwice(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.closable) return@use
        repeat(3) { manager.close() }
        manager.isClosed shouldBe true
        manager.trim() shouldBe 0
    }

    private fun systemStaysOpen(fixture: ManagerFixture) = fixture.use { manager ->
        if (fixture.closable) return@use
        shouldThrow<UnsupportedOperationException> { manager.close() }.message.shouldNotBeNull() shouldContain
            "belongs to the whole process and cannot be closed"
        manager.isClosed shouldBe false
        manager.allocate(1000).close()
    }

    private fun describesItself(fixture: ManagerFixture) = fixture.use { manager ->
        val block = manager.allocate(100)
        block.keptSegment.size shouldBe 100
        val figures = manager.stats().toString()
        val words = Regex(
            (
                "# blocks?, used # B, idle # B, quarantined # B, reserved # B \\(peak # B, limit (none|# B)\\), " +
                    "# allocations? \\(# hits?\\)"
                ).replace("#", "\\d{1,3}(,\\d{3})*"),
        )
        figures.matches(words) shouldBe true
        manager.toString() shouldBe "MemoryManager '${manager.name}' ($figures)"
        block.close()
    }
}
