package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.support.ScriptedPlatform
import dev.leasehold.memory.support.platform
import dev.leasehold.memory.support.shouldAddUp
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import dev.leasehold.testing.awaitNativeRead
import dev.leasehold.testing.logged
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.ref.Reference
import java.nio.ByteBuffer
import java.nio.channels.Pipe
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong
import kotlin.random.Random

class ManagerClearSpec : FunSpec({
    fun manager(platform: ScriptedPlatform, configure: ManagerOptions.() -> Unit = {}) =
        SystemMemoryManager.make("cleared", ManagerOptions().apply(configure), platform)

    test("a clear gives back what another budget pays for, too, and what waits in quarantine") {
        val app = MemoryBudget.rootOf("app", 64.MiB)
        val from = MemoryBudget("from", 32.MiB, app)
        val to = MemoryBudget("to", 32.MiB, app)
        fun used() = listOf(app.used, from.used, to.used)
        val manager = SystemMemoryManager("cleared") { budget = from }
        val sizes = listOf(0L, 100, 40_000, 3.MiB)
        val moved = sizes.flatMap { size -> List(2) { manager.allocate(size) } }
        moved.forEachIndexed { index, block ->
            if (index % 2 == 0) block.keptSegment.size shouldBe block.size
            block.transferTo(to)
        }
        val onward = manager.allocate(5000)
        onward.transferTo(to)
        onward.transferTo(app)
        val ended = manager.allocate(5000).apply { transferTo(to) }
        ended.close()
        repeat(10) { manager.allocate(100).use { it.keptSegment.size shouldBe 100 } }
        (to.used >= 6.MiB) shouldBe true
        manager.clear()
        used().shouldContainExactly(0L, 0L, 0L)
        manager.stats().reserved shouldBe 0
        (moved + onward).forEach { repeat(2) { _ -> it.close() } }
        used().shouldContainExactly(0L, 0L, 0L)
        manager.allocate(1000).run {
            transferTo(to)
            to.used shouldBe 1024
            close()
        }
        manager.close()
        used().shouldContainExactly(0L, 0L, 0L)
        from.close()
        to.close()
    }

    test("the addresses go back when nothing refers to what was cleared, and not before") {
        val platform = ScriptedPlatform()
        val manager = manager(platform)
        var kept: Block? = manager.allocate(3.MiB)
        var small: Block? = manager.allocate(100)
        val view = small!!.asKeptMemorySegment()
        kept!!.withSegment { it.setLong(0, 1) }
        val lent = platform.lentBytes
        manager.clear()
        manager.stats().reserved shouldBe 0
        repeat(3) {
            System.gc()
            Thread.sleep(20)
        }
        // Not given out again: a thread inside of a scope may use them.
        platform.lentBytes shouldBe lent
        manager.allocate(100).use { next -> (next.address == small.address) shouldBe false }
        kept = null
        small = null
        await("the addresses are unmapped, $view aside") {
            System.gc()
            manager.trim()
            platform.lentBytes == 0L
        }
        shouldThrow<IllegalStateException> { view.get(JAVA_BYTE, 0) }
        manager.close()
        platform.lentBytes shouldBe 0
    }

    for (unmaps in listOf(true, false)) {
        val what = if (unmaps) "discard" else "discard and unmap"
        test("what a system that refuses to $what keeps stays paid for until its addresses go") {
            val platform = ScriptedPlatform().apply { refuseDiscard = true }
            platform.refuseUnmap = !unmaps
            val manager = manager(platform)
            val reports = logged("'cleared'") {
                var block: Block? = manager.allocate(100)
                var large: Block? = manager.allocate(2.MiB)
                manager.clear()
                block!!.isClosed shouldBe true
                large!!.close()
                // The figures say what is still held.
                manager.stats().shouldAddUp()
                manager.stats().used shouldBe 0
                (manager.stats().reserved >= 2.MiB) shouldBe true
                // As long as something refers to a block, which a local variable that is not read again does not.
                Reference.reachabilityFence(block)
                Reference.reachabilityFence(large)
                manager.allocate(64).close()
                platform.refuseDiscard = false
                platform.refuseUnmap = false
                block = null
                large = null
                manager.close()
                await("all is back: $manager") {
                    System.gc()
                    platform.lentBytes == 0L && manager.stats().reserved == 0L
                }
            }
            reports.filter { it.startsWith("LEAK") } shouldBe emptyList()
        }
    }

    test("a view that the system uses during a clear is cut off when that is over, and its memory is not given out") {
        val platform = ScriptedPlatform()
        val manager = manager(platform) { quarantineBytes = 0 }
        // So many that some of their arenas have the same place in a table of them.
        val sizes = List(12) { 64.KiB } + 2.MiB
        val views = sizes.map { size -> manager.allocate(size).asKeptMemorySegment() }
        val pipe = Pipe.open()
        val reading = Thread.ofPlatform().daemon().start {
            pipe.source().read(views.map { it.asSlice(0, 8).asByteBuffer() }.toTypedArray())
        }
        awaitNativeRead(reading)
        manager.clear()
        manager.stats().reserved shouldBe 0
        manager.allocate(64.KiB).use { next ->
            next.withSegment { it.asMemorySegment().fill(1) }
            pipe.sink().write(ByteBuffer.wrap(ByteArray(12) { 7 }))
            reading.join()
            next.withSegment { segment -> for (at in 0L until 16) segment.getByte(at) shouldBe 1 }
        }
        for (view in views) {
            await("the view is cut off") { !view.scope().isAlive }
            shouldThrow<IllegalStateException> { view.get(JAVA_BYTE, 0) }
        }
        pipe.sink().close()
        pipe.source().close()
        manager.close()
        await("the addresses are unmapped") {
            System.gc()
            platform.lentBytes == 0L
        }
    }

    for (virtual in listOf(false, true)) {
        val threads = if (virtual) "virtual" else "platform"
        test(
            "a clear at any moment takes everything back, and $threads threads in scopes see zeros or their own bytes",
        ) {
            val app = MemoryBudget.rootOf("app", 256.MiB)
            val other = MemoryBudget("other", 256.MiB, app)
            val manager = SystemMemoryManager("cleared") { budget = app }
            val seed = Effort.seed("cleared")
            val done = AtomicBoolean()
            val clears = AtomicLong()
            val scopes = AtomicLong()
            val refusals = AtomicLong()
            val ids = AtomicLong()
            fun size(random: Random) = when (random.nextInt(16)) {
                in 0..9 -> random.nextLong(8, 2000)
                in 10..14 -> random.nextLong(8, 100_000)
                else -> random.nextLong(8, 3.MiB)
            }

            fun scoped(block: Block, id: Long) = block.withSegment { segment ->
                segment.setLong(0, id)
                repeat(3) {
                    val seen = segment.getLong(0)
                    check(seen == id || seen == 0L) { "$block shows $seen, and $id was written" }
                }
                scopes.incrementAndGet()
            }

            fun step(random: Random) {
                val id = ids.incrementAndGet()
                var block = manager.allocate(size(random))
                try {
                    scoped(block, id)
                    if (random.nextInt(4) == 0) {
                        val view = block.asKeptMemorySegment()
                        try {
                            view.set(JAVA_BYTE, 7, 0)
                        } catch (cut: IllegalStateException) {
                            check(cut.message == "Already closed") { cut }
                        }
                    }
                    if (random.nextInt(8) == 0) block.transferTo(other)
                    if (random.nextInt(4) == 0) block = block.resize(size(random))
                    scoped(block, id)
                } catch (refused: BlockClosedException) {
                    check("had taken all of its blocks back" in refused.message!!) { refused }
                    refusals.incrementAndGet()
                }
                if (random.nextInt(16) != 0) block.close()
            }

            // What is not closed fills the budget where the thread that clears gets no processor for a while.
            fun stepOrWait(random: Random) = try {
                step(random)
            } catch (_: MemoryExhaustedException) {
                val seen = clears.get()
                while (!done.get() && clears.get() == seen) Thread.yield()
            }
            together(4, { virtual && it > 0 }) { worker ->
                val random = Random(seed + worker)
                try {
                    val deadline = System.nanoTime() + Effort.times(1000) * 1_000_000L
                    fun isEarly() = System.nanoTime() < deadline || scopes.get() < 1000 || clears.get() <= 10
                    while (worker == 0 && !done.get() && isEarly()) {
                        manager.clear()
                        clears.incrementAndGet()
                        Thread.sleep(0, random.nextInt(500_000))
                    }
                    while (worker > 0 && !done.get()) stepOrWait(random)
                } finally {
                    done.set(true)
                }
            }
            println("$clears clears, $scopes scopes, $refusals refusals")
            manager.stats().shouldAddUp()
            // A resize that moves counts too; what has been taken and is not yet counted when a clear adds up is not,
            // and that may be one block of each of three threads.
            manager.stats().allocations shouldBeGreaterThanOrEqualTo ids.get() - 3 * clears.get()
            manager.clear()
            val stats = manager.stats()
            listOf(stats.blocks, stats.used, stats.reserved, app.used, other.used) shouldBe List(5) { 0L }
            manager.close()
            other.close()
        }
    }
})
