package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.allocate
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.mismatch
import dev.leasehold.memory.support.ManagerFixture
import dev.leasehold.memory.support.shouldAddUp
import dev.leasehold.memory.support.shouldHold
import dev.leasehold.memory.support.together
import dev.leasehold.memory.support.withoutEpochs
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import kotlin.random.Random

/** What resizing a block does, whatever manager it is from: the part of [ManagerContract] about [Block.resize]. */
internal object ResizeContract {
    val checks: List<ManagerContract.Check> = listOf(
        ManagerContract.Check("a resized block keeps its bytes up to the smaller size", ::keepsContent),
        ManagerContract.Check("the bytes behind the old content are zero when that is requested", ::zeroedTail),
        ManagerContract.Check("the result is this block, or a new one while this one is closed", ::soleHolder),
        ManagerContract.Check("other holders of a block that must move keep it as it was", ::otherHolders),
        ManagerContract.Check("a block is resized on any thread, and through any reference", ::elsewhere),
        ManagerContract.Check("a block grows from nothing and shrinks to nothing", ::emptyBlocks),
        ManagerContract.Check("a requested alignment is kept where the block moves", ::keepsAlignment),
        ManagerContract.Check(
            "views keep the size that they were taken with, and reach no bytes that were given back",
            ::views,
        ),
        ManagerContract.Check("a size that no block may have leaves the block as it was", ::refusedSizes),
        ManagerContract.Check("a limit that stops it leaves the block as it was", ::atTheLimit),
        ManagerContract.Check("a block that has ended is not resized", ::endedBlocks),
        ManagerContract.Check("a closed manager resizes in place only", ::closedManager),
        ManagerContract.Check("a block is resized within its own scope, whose view stays", ::withinScope),
    )

    private val sizes = listOf<Long>(0, 1, 17, 300, 4096, 40_000, 100_000, 1L shl 20, 3 * (1L shl 20) + 17)

    // Old and new live side by side while bytes are copied.
    private fun sizesFor(manager: MemoryManager) = sizes.filter {
        it <= manager.limit / 3 &&
            it <= manager.maxAllocation / 3
    }

    private val noise = MemorySegment.ofArray(Random(7).nextBytes(sizes.last().toInt() + 1024))

    private fun noise(seed: Int, size: Long) = noise.asSlice(seed * 16L, size)

    private fun Block.fill(seed: Int) = withSegment { it.asMemorySegment().copyFrom(noise(seed, size)) }

    private fun Block.shouldHold(seed: Int, until: Long) =
        withSegment { it.asMemorySegment().asSlice(0, until).mismatch(noise(seed, until)) shouldBe -1 }

    private fun Block.shouldBeZero(from: Long) = withSegment { segment ->
        val tail = segment.asMemorySegment().asSlice(from)
        // No byte differs from the one before it, and the first is zero.
        tail.get(JAVA_BYTE, 0) shouldBe 0
        if (tail.byteSize() > 1) tail.asSlice(1).mismatch(tail.asSlice(0, tail.byteSize() - 1)) shouldBe -1
    }

    private fun keepsContent(fixture: ManagerFixture) = fixture.use { manager ->
        val all = sizesFor(manager)
        for (from in all) {
            for (to in all) {
                val block = manager.allocate(from)
                block.fill(7)
                val resized = block.resize(to)
                resized.size shouldBe to
                resized.manager shouldBe manager
                resized.refCount shouldBe 1
                resized.shouldHold(7, minOf(from, to))
                resized.address % (if (to >= 64) 64 else 16) shouldBe 0
                // And it is a block like any other.
                resized.fill(8)
                resized.shouldHold(8, to)
                resized.keptSegment.size shouldBe to
                resized.close()
            }
        }
    }

    private fun zeroedTail(fixture: ManagerFixture) = fixture.use { manager ->
        val all = sizesFor(manager)
        for (from in all) {
            for (to in all.filter { it > from }) {
                // So that memory that is used again is dirty.
                manager.allocate(to).use { it.fill(1) }
                val block = manager.allocate(from)
                block.fill(5)
                val resized = block.resize(to, zeroed = true)
                resized.shouldHold(5, from)
                resized.shouldBeZero(from)
                // Down and up again: what lay there must not come back.
                resized.fill(6)
                val small = resized.resize(from)
                val again = small.resize(to, true)
                again.shouldHold(6, from)
                again.shouldBeZero(from)
                again.close()
            }
        }
    }

    private fun soleHolder(fixture: ManagerFixture) = fixture.use { manager ->
        val before = manager.stats()
        var block = manager.allocate(100)
        for (size in sizesFor(manager) + sizesFor(manager).reversed()) {
            val resized = block.resize(size)
            if (resized === block) {
                block.isClosed shouldBe false
            } else {
                block.isClosed shouldBe true
                shouldThrow<BlockClosedException> { block.close() }
                shouldThrow<BlockClosedException> { block.keptSegment }
            }
            block = resized
            block.refCount shouldBe 1
            val stats = manager.stats()
            stats.shouldAddUp()
            stats.used - before.used shouldBeGreaterThanOrEqualTo size
        }
        block.close()
    }

    private fun otherHolders(fixture: ManagerFixture) = fixture.use { manager ->
        for (from in sizesFor(manager)) {
            for (to in sizesFor(manager)) {
                val block = manager.allocate(from).retain()
                block.fill(3)
                val resized = block.resize(to)
                resized.size shouldBe to
                resized.shouldHold(3, minOf(from, to))
                if (resized === block) {
                    block.refCount shouldBe 2
                    block.close()
                } else {
                    resized.refCount shouldBe 1
                    block.refCount shouldBe 1
                    block.size shouldBe from
                    resized.fill(4)
                    block.shouldHold(3, from)
                    resized.close()
                }
                block.isClosed shouldBe false
                block.close()
            }
        }
    }

    private fun elsewhere(fixture: ManagerFixture) = fixture.use { manager ->
        val last = sizesFor(manager).last()
        for (from in listOf(64L, minOf(5000L, last), last)) {
            for (to in listOf(200L, minOf(9000L, last), last)) {
                for (virtual in listOf(false, true)) {
                    var block = manager.allocate(from)
                    block.fill(9)
                    together(1, virtual) { block = block.resize(to) }
                    block.shouldHold(9, minOf(from, to))
                    block = block.resize(from)
                    block.shouldHold(9, minOf(from, to))
                    together(1, virtual) { block.close() }
                    block.isClosed shouldBe true
                }
            }
        }
    }

    private fun emptyBlocks(fixture: ManagerFixture) = fixture.use { manager ->
        val empty = manager.allocate(0)
        (empty.resize(0) === empty) shouldBe true
        val grown = empty.resize(100, zeroed = true)
        empty.isClosed shouldBe true
        grown.shouldBeZero(0)
        val shrunk = grown.resize(0)
        shrunk.size shouldBe 0
        shrunk.keptSegment.size shouldBe 0
        shrunk.withSegment { it.size } shouldBe 0
        shrunk.resize(50).close()
    }

    private fun keepsAlignment(fixture: ManagerFixture) = fixture.use { manager ->
        val page = Platform.current.pageSize
        for (alignment in listOf(128L, 1024L, page)) {
            var block = manager.allocate(50, alignment)
            for (size in sizesFor(manager) + sizesFor(manager).reversed()) {
                block = block.resize(size)
                if (size > 0) block.address % alignment shouldBe 0
            }
            block.close()
        }
    }

    private fun views(fixture: ManagerFixture) = fixture.use { manager ->
        val all = sizesFor(manager).filter { it >= 16 && it != 40_000L }
        for (from in all) {
            for (to in all - from) {
                val block = manager.allocate(from)
                val view = block.asKeptMemorySegment()
                view.fill(1)
                val resized = block.resize(to)
                view.byteSize() shouldBe from
                resized.keptSegment.size shouldBe to
                // What is given back or has moved away may belong to another block by now.
                val others = List(3) { manager.allocate(minOf(from, to)) }
                others.forEach { it.fill(2) }
                if (Platform.current.bindsViews) {
                    runCatching { view.fill(3) }.exceptionOrNull()?.let { (it is IllegalStateException) shouldBe true }
                }
                others.forEach { it.shouldHold(2, it.size) }
                if (resized !== block) resized.withSegment { it.asMemorySegment().get(JAVA_BYTE, 0) } shouldBe 1
                (others + resized).forEach(Block::close)
                manager.trim()
                if (Platform.current.bindsViews) shouldThrow<IllegalStateException> { view.get(JAVA_BYTE, 0) }
            }
        }
    }

    private fun Block.shouldBeAsBefore(from: Long, references: Int, seed: Int) {
        size shouldBe from
        refCount shouldBe references
        isClosed shouldBe false
        shouldHold(seed, from)
    }

    private fun refusedSizes(fixture: ManagerFixture) = fixture.use { manager ->
        val block = manager.allocate(100)
        block.fill(1)
        val before = manager.stats().withoutEpochs()
        for (size in listOf(-1, Long.MIN_VALUE, manager.maxAllocation + 1, Long.MAX_VALUE)) {
            shouldThrow<InvalidSizeException> { block.resize(size) }.size shouldBe size
            shouldThrow<InvalidSizeException> { block.resize(size, zeroed = true) }
        }
        manager.stats().withoutEpochs() shouldBe before
        block.shouldBeAsBefore(100, 1, 1)
        block.close()
    }

    private fun atTheLimit(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.limited) return@use
        for (from in listOf(100L, manager.limit / 4, manager.limit / 2).map { minOf(it, sizes.last()) }) {
            for (holders in 1..2) {
                val block = manager.allocate(from)
                repeat(holders - 1) { block.retain() }
                block.fill(1)
                val rest = manager.allocate(manager.limit / 3)
                val used = manager.stats().used
                val blocks = manager.stats().blocks
                shouldThrow<MemoryExhaustedException> { block.resize(manager.maxAllocation) }.requested shouldBe
                    manager.maxAllocation
                block.shouldBeAsBefore(from, holders, 1)
                manager.stats().used shouldBe used
                manager.stats().blocks shouldBe blocks
                rest.close()
                repeat(holders) { block.close() }
            }
        }
    }

    private fun endedBlocks(fixture: ManagerFixture) = fixture.use { manager ->
        for (size in longArrayOf(0, 64, 5000)) {
            val block = manager.allocate(size)
            block.close()
            shouldThrow<BlockClosedException> { block.resize(100) }.managerName shouldBe manager.name
            shouldThrow<BlockClosedException> { block.resize(size) }
            block.isClosed shouldBe true
        }
    }

    private fun closedManager(fixture: ManagerFixture) = fixture.use { manager ->
        if (!fixture.closable) return@use
        val block = manager.allocate(100)
        block.fill(1)
        shouldThrow<OutstandingBlocksException> { manager.close() }
        if (fixture.checked) {
            shouldThrow<ManagerClosedException> { block.resize(90) }.managerName shouldBe manager.name
        } else {
            (block.resize(90) === block) shouldBe true
        }
        shouldThrow<ManagerClosedException> { block.resize(5000) }.managerName shouldBe manager.name
        block.shouldBeAsBefore(if (fixture.checked) 100 else 90, 1, 1)
        block.close()
    }

    private fun withinScope(fixture: ManagerFixture) = fixture.use { manager ->
        for (from in listOf(64L, 5000L)) {
            val block = manager.allocate(from)
            block.fill(1)
            val resized = block.withSegment { scope ->
                val resized = block.resize(10_000)
                scope.size shouldBe from
                scope.asMemorySegment().mismatch(noise(1, from)) shouldBe -1
                resized
            }
            if (resized !== block) block.isClosed shouldBe true
            resized.shouldHold(1, from)
            resized.close()
        }
    }
}
