package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.support.platform
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicLong

/** A close too often takes the reference of another holder, but never the memory under a scope. */
class BlockScopeSpec : FunSpec({
    val sizes = listOf(64L, 40_000L, 2.MiB)

    fun others(manager: MemoryManager, size: Long) = List(3) {
        manager.allocate(size).also { block -> block.withSegment { it.asMemorySegment().fill(9) } }
    }

    for (size in sizes) {
        test(
            "closing too often inside of one's own scope frees $size bytes when the scope ends, and the close says so",
        ) {
            val manager = SystemMemoryManager("scopes")
            val block = manager.allocate(size)
            block.withSegment { segment ->
                segment.setLong(0, 7)
                block.close()
                repeat(3) { shouldThrow<BlockClosedException> { block.close() } }
                val others = others(manager, size)
                segment.getLong(0) shouldBe 7
                segment.setLong(0, 8)
                others.forEach { other -> other.withSegment { it.getLong(0) } shouldBe 0x0909090909090909 }
                others.forEach(Block::close)
                manager.stats().blocks shouldBe 1
            }
            manager.stats().blocks shouldBe 0
            shouldThrow<BlockClosedException> { block.close() }
            manager.close()
            manager.stats().reserved shouldBe 0
        }

        test("a close too often on another thread leaves a scope its $size bytes, and fails the owner's own close") {
            val manager = SystemMemoryManager("scopes")
            val block = manager.allocate(size)
            val entered = CountDownLatch(1)
            val robbed = CountDownLatch(1)
            together(2) { worker ->
                if (worker == 1) {
                    entered.await()
                    // Not this thread's to give back.
                    block.close()
                    shouldThrow<BlockClosedException> { block.close() }
                    val others = others(manager, size)
                    robbed.countDown()
                    others.forEach(Block::close)
                } else {
                    block.withSegment { segment ->
                        segment.setLong(0, 7)
                        entered.countDown()
                        robbed.await()
                        segment.getLong(0) shouldBe 7
                    }
                    shouldThrow<BlockClosedException> { block.close() }
                }
            }
            manager.stats().blocks shouldBe 0
            manager.close()
            manager.stats().reserved shouldBe 0
        }
    }

    for (virtual in listOf(false, true)) {
        val threads = if (virtual) "virtual" else "platform"
        test("of racing closes one succeeds for each reference, and scopes on $threads threads see only their bytes") {
            val manager = SystemMemoryManager("scopes")
            val refused = AtomicLong()
            val scopes = AtomicLong()
            repeat(Effort.times(150)) { round ->
                val block = manager.allocate(64)
                block.withSegment { it.setLong(0, 7L) }
                val closed = AtomicLong()
                val scoped = CountDownLatch(1)
                fun close() = try {
                    block.close()
                    closed.incrementAndGet()
                } catch (_: BlockClosedException) {
                    refused.incrementAndGet()
                }
                together(3, virtual) { worker ->
                    if (worker == 0) {
                        // Now and then a scope comes first for certain; else the scheduler decides.
                        if (round % 8 == 0) scoped.await() else repeat(round % 30) { Thread.onSpinWait() }
                        repeat(2) { close() }
                        // What was freed too early would be this.
                        repeat(4) { manager.allocate(64).use { next -> next.withSegment { it.setLong(0, -1) } } }
                    } else {
                        try {
                            repeat(20) {
                                block.withSegment { segment ->
                                    scoped.countDown()
                                    check(segment.getLong(0) == 7L) { "another block's bytes in a scope" }
                                    if (it == 10) close()
                                    check(segment.getLong(0) == 7L) { "another block's bytes in a scope" }
                                }
                                scopes.incrementAndGet()
                            }
                        } catch (_: BlockClosedException) {
                            // Entered too late.
                        }
                    }
                }
                closed.get() shouldBe 1
                block.isClosed shouldBe true
            }
            refused.get() shouldBeGreaterThan 100L
            scopes.get() shouldBeGreaterThan 0L
            manager.stats().blocks shouldBe 0
            manager.close()
            manager.stats().reserved shouldBe 0
        }
    }

    test("a resize whose reference another thread gives back meanwhile fails, and loses no memory") {
        val manager = SystemMemoryManager("scopes")
        val lost = AtomicLong()
        repeat(Effort.times(300)) { round ->
            val block = manager.allocate(1000)
            together(2) { worker ->
                if (worker == 1) {
                    repeat(round % 40) { Thread.onSpinWait() }
                    runCatching { block.close() }.exceptionOrNull()?.let { check(it is BlockClosedException) { it } }
                } else {
                    try {
                        block.resize(100_000).close()
                    } catch (_: BlockClosedException) {
                        lost.incrementAndGet()
                    }
                }
            }
            manager.stats().blocks shouldBe 0
        }
        println("$lost resizes lost their block")
        manager.close()
        manager.stats().reserved shouldBe 0
    }
})
