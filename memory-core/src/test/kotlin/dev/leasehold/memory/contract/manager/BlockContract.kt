package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.support.ManagerFixture
import dev.leasehold.memory.support.failureOn
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.platform
import dev.leasehold.memory.support.together
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.nio.ByteOrder
import java.util.concurrent.CountDownLatch

/** What every block does, whatever manager it is from: the part of [ManagerContract] about references and views. */
internal object BlockContract {
    val checks: List<ManagerContract.Check> = listOf(
        ManagerContract.Check("a block is freed when the last reference goes, and not before", ::references),
        ManagerContract.Check("a count that has reached zero stays there, on every thread", ::neverRevived),
        ManagerContract.Check("closing more often than retained names the block", ::doubleClose),
        ManagerContract.Check("a block is handed over, retained, used and closed elsewhere", ::handOver),
        ManagerContract.Check("a block ends once, whichever thread's close is the last", ::closeElsewhere),
        ManagerContract.Check("an end on another thread is seen by its owner, and the other way round", ::endSeen),
        ManagerContract.Check("a scoped view dies with its scope, slices too", ::scopedViews),
        ManagerContract.Check("scopes nest, and each holds the block", ::nestedScopes),
        ManagerContract.Check("a scope that fails gives its hold back", ::failingScope),
        ManagerContract.Check(
            "a scope entered before the last close keeps the block's memory until it ends",
            ::scopeOutlivesClose,
        ),
        ManagerContract.Check(
            "views for any thread are of the same bytes and last as long as the block",
            ::anyThreadViews,
        ),
        ManagerContract.Check(
            "a kept view is cut off after the last close, and never shows another block",
            ::keptViews,
        ),
        ManagerContract.Check("a byte buffer has the bytes in native order", ::byteBuffers),
        ManagerContract.Check("a block equals itself only", ::identity),
        ManagerContract.Check("a block says what and whose it is", ::describesItself),
    )

    private val sizes = longArrayOf(0, 1, 24, 1000, 5000)

    private fun references(fixture: ManagerFixture) = fixture.use { manager ->
        for (size in sizes) {
            val before = manager.stats().blocks
            val counted = if (size == 0L) 0 else 1
            val block = manager.allocate(size)
            block.refCount shouldBe 1
            (block.retain() === block) shouldBe true
            block.tryRetain() shouldBe true
            block.refCount shouldBe 3
            repeat(2) { left ->
                block.close()
                block.refCount shouldBe 2 - left
                block.isClosed shouldBe false
                manager.stats().blocks shouldBe before + counted
            }
            block.close()
            block.isClosed shouldBe true
            block.refCount shouldBe 0
            manager.stats().blocks shouldBe before
        }
    }

    private fun refuses(block: Block, managerName: String) {
        val size = block.size
        val uses = listOf<() -> Any?>(
            { block.retain() },
            { block.close() },
            { block.keptSegment },
            { block.asKeptMemorySegment() },
            { block.asKeptByteBuffer() },
            { block.withSegment { it.size } },
        )
        for (use in uses) {
            val refusal = shouldThrow<BlockClosedException> { use() }
            refusal.managerName shouldBe managerName
            refusal.size shouldBe size
        }
        block.tryRetain() shouldBe false
        block.isClosed shouldBe true
        block.refCount shouldBe 0
    }

    private fun neverRevived(fixture: ManagerFixture) = fixture.use { manager ->
        for (size in sizes) {
            for (viewed in listOf(false, true)) {
                val block = manager.allocate(size)
                if (viewed) block.keptSegment.size shouldBe size
                block.close()
                repeat(2) { refuses(block, manager.name) }
                onThread { refuses(block, manager.name) }
                refuses(block, manager.name)
            }
        }
    }

    private fun doubleClose(fixture: ManagerFixture) = fixture.use { manager ->
        val block = manager.allocate(33)
        val neighbour = manager.allocate(33)
        block.close()
        val refusal = shouldThrow<BlockClosedException> { block.close() }
        val where = "Block of 33 bytes at 0x${block.address.toString(16)} from manager '${manager.name}'"
        refusal.message!!.substringBefore(" after") shouldBe "$where was closed"
        refusal.message!! shouldContain "close once for the allocation and once for each retain"
        failureOn("elsewhere") { block.close() }?.javaClass shouldBe BlockClosedException::class.java
        // Nothing came back twice.
        val others = List(4) { manager.allocate(33) }
        (others + neighbour).map(Block::address).toSet().size shouldBe 5
        (others + neighbour).forEach(Block::close)
    }

    private fun handOver(fixture: ManagerFixture) = fixture.use { manager ->
        val block = manager.allocate(64)
        block.withSegment { it.asMemorySegment().set(JAVA_LONG, 0, 42) }
        block.retain()
        onThread("taker") {
            block.withSegment { it.asMemorySegment().get(JAVA_LONG, 0) } shouldBe 42
            block.retain().close()
            block.asKeptMemorySegment().set(JAVA_LONG, 8, 43)
            block.close()
        }
        block.refCount shouldBe 1
        block.withSegment { it.asMemorySegment().get(JAVA_LONG, 8) } shouldBe 43
        block.close()
    }

    private fun closeElsewhere(fixture: ManagerFixture) = fixture.use { manager ->
        val before = manager.stats().blocks
        val blocks = List(9) { manager.allocate(100) }
        blocks.take(3).forEach(Block::retain)
        onThread("platform") { blocks.take(6).forEach(Block::close) }
        together(1, virtual = true) { blocks.drop(6).forEach(Block::close) }
        manager.stats().blocks shouldBe before + 3
        blocks.take(3).forEach(Block::close)
        blocks.forEach { it.isClosed shouldBe true }
        manager.stats().blocks shouldBe before
        val foreign = ArrayList<Block>()
        together(1, virtual = true) { repeat(3) { foreign.add(manager.allocate(100)) } }
        onThread { repeat(3) { foreign.add(manager.allocate(100)) } }
        foreign.forEach(Block::close)
        val again = List(9) { manager.allocate(100) }
        again.map(Block::address).toSet().size shouldBe 9
        again.forEach(Block::close)
    }

    private fun endSeen(fixture: ManagerFixture) = fixture.use { manager ->
        val mine = manager.allocate(64)
        mine.close()
        onThread { mine.tryRetain() shouldBe false }
        val theirs = manager.allocate(64)
        onThread { theirs.close() }
        theirs.isClosed shouldBe true
        theirs.tryRetain() shouldBe false
    }

    private fun scopedViews(fixture: ManagerFixture) = fixture.use { manager ->
        val block = manager.allocate(64)
        val (view, slice) = block.withSegment { segment ->
            // A scope holds the memory, and is no reference.
            block.refCount shouldBe 1
            val raw = segment.asMemorySegment()
            if (Platform.current.bindsViews) {
                failureOn("stranger") { raw.get(JAVA_BYTE, 0) }?.javaClass shouldBe WrongThreadException::class.java
            }
            raw.set(JAVA_BYTE, 8, 3)
            raw to raw.asSlice(8, 8)
        }
        block.refCount shouldBe 1
        block.withSegment { it.asMemorySegment().get(JAVA_BYTE, 8) } shouldBe 3
        if (Platform.current.bindsViews) {
            shouldThrow<IllegalStateException> { view.get(JAVA_BYTE, 0) }
            shouldThrow<IllegalStateException> { slice.set(JAVA_BYTE, 0, 1) }
        }
        block.close()
    }

    private fun nestedScopes(fixture: ManagerFixture) = fixture.use { manager ->
        val block = manager.allocate(64)
        block.withSegment { outer ->
            val inner = block.withSegment { inner ->
                block.refCount shouldBe 1
                inner.asMemorySegment().set(JAVA_BYTE, 0, 9)
                inner.asMemorySegment()
            }
            outer.asMemorySegment().get(JAVA_BYTE, 0) shouldBe 9
            if (Platform.current.bindsViews) shouldThrow<IllegalStateException> { inner.get(JAVA_BYTE, 0) }
            block.refCount shouldBe 1
        }
        block.refCount shouldBe 1
        block.close()
    }

    private fun failingScope(fixture: ManagerFixture) = fixture.use { manager ->
        val block = manager.allocate(64)
        val thrown = IllegalArgumentException("the caller's own")
        (shouldThrow<IllegalArgumentException> { block.withSegment { throw thrown } } === thrown) shouldBe true
        block.refCount shouldBe 1
        block.close()
    }

    private fun scopeOutlivesClose(fixture: ManagerFixture) = fixture.use { manager ->
        val before = manager.stats().blocks
        val block = manager.allocate(64)
        // On the same thread, and then entered on another one.
        val kept = block.withSegment { segment ->
            block.close()
            block.isClosed shouldBe true
            block.refCount shouldBe 0
            block.tryRetain() shouldBe false
            shouldThrow<BlockClosedException> { block.withSegment { it.size } }
            segment.asMemorySegment().set(JAVA_BYTE, 1, 4)
            segment.asMemorySegment().get(JAVA_BYTE, 1) shouldBe 4
            manager.stats().blocks shouldBe before + 1
            segment.asMemorySegment()
        }
        block.isClosed shouldBe true
        manager.stats().blocks shouldBe before
        if (Platform.current.bindsViews) shouldThrow<IllegalStateException> { kept.get(JAVA_BYTE, 1) }
        val travelling = manager.allocate(64)
        val entered = CountDownLatch(1)
        val closed = CountDownLatch(1)
        together(2) { worker ->
            if (worker == 0) {
                travelling.withSegment { segment ->
                    entered.countDown()
                    closed.await()
                    segment.asMemorySegment().fill(5)
                    travelling.isClosed shouldBe true
                    manager.stats().blocks shouldBe before + 1
                }
            } else {
                entered.await()
                travelling.close()
                closed.countDown()
            }
        }
        travelling.isClosed shouldBe true
        manager.stats().blocks shouldBe before
    }

    private fun anyThreadViews(fixture: ManagerFixture) = fixture.use { manager ->
        val block = manager.allocate(96)
        val view = block.asKeptMemorySegment()
        view.fill(1)
        block.withSegment { it.asMemorySegment().set(JAVA_BYTE, 95, 2) }
        onThread { view.get(JAVA_BYTE, 95) shouldBe 2 }
        onThread { block.keptSegment.asMemorySegment().set(JAVA_BYTE, 94, 3) }
        view.get(JAVA_BYTE, 94) shouldBe 3
        block.retain()
        block.close()
        view.get(JAVA_BYTE, 0) shouldBe 1
        block.asKeptMemorySegment().address() shouldBe block.address
        // Many threads at once that take the first view.
        val shared = manager.allocate(96)
        together(4) { worker ->
            repeat(50) { shared.asKeptMemorySegment().set(JAVA_BYTE, worker.toLong(), worker.toByte()) }
        }
        for (worker in 0L until 4) shared.asKeptMemorySegment().get(JAVA_BYTE, worker) shouldBe worker.toByte()
        shared.refCount shouldBe 1
        listOf(block, shared).forEach(Block::close)
    }

    private fun keptViews(fixture: ManagerFixture) = fixture.use { manager ->
        val large = if (fixture.limited) 300L else 1.MiB
        for (size in longArrayOf(8, 64, 1000, large)) {
            val block = manager.allocate(size)
            val view = block.asKeptMemorySegment()
            val slice = view.asSlice(0, 8)
            view.fill(1)
            block.close()
            val next = manager.allocate(size)
            next.withSegment { it.asMemorySegment().fill(2) }
            if (Platform.current.bindsViews) {
                if (!fixture.quarantine) shouldThrow<IllegalStateException> { slice.get(JAVA_BYTE, 0) }
                // Until it is cut off it may still reach bytes, but never another block's.
                runCatching { slice.fill(3) }.exceptionOrNull()?.let { (it is IllegalStateException) shouldBe true }
                next.withSegment { it.asMemorySegment().get(JAVA_BYTE, 0) } shouldBe 2
                manager.trim()
                shouldThrow<IllegalStateException> { slice.get(JAVA_BYTE, 0) }
                shouldThrow<IllegalStateException> { view.set(JAVA_BYTE, 0, 1) }
            }
            next.withSegment { it.asMemorySegment().get(JAVA_BYTE, size - 1) } shouldBe 2
            next.close()
        }
    }

    private fun byteBuffers(fixture: ManagerFixture) = fixture.use { manager ->
        manager.allocate(64).use { block ->
            val buffer = block.asKeptByteBuffer()
            buffer.order() shouldBe ByteOrder.nativeOrder()
            buffer.isDirect shouldBe true
            buffer.capacity() shouldBe 64
            onThread { buffer.putLong(8, 77) }
            block.withSegment { it.asMemorySegment().get(JAVA_LONG, 8) } shouldBe 77
        }
    }

    private fun identity(fixture: ManagerFixture) = fixture.use { manager ->
        val blocks = List(3) { manager.allocate(64) } + List(2) { manager.allocate(0) }
        blocks.forEachIndexed { index, block ->
            blocks.forEachIndexed { other, another -> (block == another) shouldBe (index == other) }
            block.hashCode() shouldBe System.identityHashCode(block)
            block.retain() shouldBe block
            block.close()
        }
        blocks.toSet().size shouldBe 5
        blocks.forEach(Block::close)
        blocks[0] shouldNotBe blocks[1]
    }

    private fun describesItself(fixture: ManagerFixture) = fixture.use { manager ->
        val block = manager.allocate(33).retain()
        val place = "33 bytes at 0x${block.address.toString(16)}"
        block.toString() shouldBe "Block($place, 2 references, manager '${manager.name}')"
        repeat(2) { block.close() }
        block.toString() shouldBe "Block($place, closed, manager '${manager.name}')"
    }
}
