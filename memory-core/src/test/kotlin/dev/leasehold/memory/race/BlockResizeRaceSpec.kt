package dev.leasehold.memory.race

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.support.shouldHold
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReference
import kotlin.random.Random

class BlockResizeRaceSpec : FunSpec({
    fun size(random: Random, most: Long) = when (random.nextInt(8)) {
        in 0..4 -> random.nextLong(64, minOf(most, 5_000))
        in 5..6 -> random.nextLong(64, minOf(most, 300_000))
        else -> random.nextLong(64, most)
    }

    fun shouldHold(block: Block, id: Long) = block.withSegment { segment ->
        for (at in 0 until 64L step 8) {
            val found = segment.getLong(at)
            check(found == id) { "$block holds $found at $at, and $id was written" }
        }
    }

    fun write(block: Block, id: Long) = block.withSegment { for (at in 0 until 64L step 8) it.setLong(at, id) }

    test("a block that many holders resize at once ends well for each of them, or is refused as busy") {
        val manager = SystemMemoryManager("resized by many")
        val seed = Effort.seed("resized by many")
        repeat(Effort.times(150)) { round ->
            val served = AtomicLong()
            val refused = AtomicLong()
            val block = manager.allocate(1000)
            write(block, seed + round)
            repeat(2) { block.retain() }
            together(3, virtual = round % 2 == 0) { worker ->
                val random = Random(seed + round * 3 + worker)
                var mine = block
                repeat(3) {
                    try {
                        mine = mine.resize(size(random, 200_000), random.nextBoolean())
                        served.incrementAndGet()
                    } catch (busy: MemoryBusyException) {
                        check(mine === block && busy.ownerName == manager.name)
                        refused.incrementAndGet()
                    }
                    shouldHold(mine, seed + round)
                }
                mine.close()
            }
            block.isClosed shouldBe true
            // A thread is refused only while another one is served.
            withClue("${refused.get()} were refused") { served.get() shouldBeGreaterThan 0 }
        }
        manager.stats().blocks shouldBe 0
        manager.stats().used shouldBe 0
        manager.close()
        manager.stats().reserved shouldBe 0
    }

    for (strangers in 1..3 step 2) {
        test("a block that grows, shrinks and moves stays whole for $strangers other holders") {
            val manager = SystemMemoryManager("resized under others")
            val seed = Effort.seed("resized under others")
            val shown = AtomicReference<Block>(manager.allocate(64).also { write(it, seed) })
            val done = AtomicBoolean()
            val met = AtomicLong()
            var inPlace = 0
            var moved = 0

            // A mapping of its own stays a block's own however small it becomes, and has room.
            fun renew(random: Random): Block {
                val fresh = manager.allocate(random.nextLong(64, 2.MiB))
                write(fresh, seed)
                shown.getAndSet(fresh).close()
                return fresh
            }
            together(1 + strangers) { worker ->
                val random = Random(seed + worker)
                fun meet() {
                    val block = shown.get()
                    if (!block.tryRetain()) return
                    try {
                        shouldHold(block, seed)
                        if (random.nextInt(8) == 0) block.asKeptMemorySegment().get(JAVA_LONG, 0) shouldBe seed
                    } catch (cut: IllegalStateException) {
                        // A view may be cut off while the block's pages move.
                        if (cut.message != "Already closed") throw cut
                    } finally {
                        block.close()
                    }
                    met.incrementAndGet()
                }
                try {
                    while (worker > 0 && !done.get()) meet()
                    if (worker > 0) return@together
                    val deadline = System.nanoTime() + Effort.times(400) * 1_000_000L
                    fun isEarly() = System.nanoTime() < deadline || met.get() < 20 || inPlace + moved < 500
                    while (!done.get() && isEarly()) {
                        val block = if (random.nextInt(8) == 0) renew(random) else shown.get()
                        val resized = block.resize(size(random, 3.MiB), random.nextInt(16) == 0)
                        if (resized === block) inPlace++ else moved++
                        shouldHold(resized, seed)
                        shown.set(resized)
                    }
                } finally {
                    done.set(true)
                }
            }
            shown.get().close()
            inPlace shouldBeGreaterThan 10
            moved shouldBeGreaterThan 10
            manager.stats().blocks shouldBe 0
            manager.stats().used shouldBe 0
            manager.close()
            await("all memory is back: $manager") { manager.stats().reserved == 0L }
        }
    }
})
