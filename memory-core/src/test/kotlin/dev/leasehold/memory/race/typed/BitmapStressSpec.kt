package dev.leasehold.memory.race.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.support.together
import dev.leasehold.memory.typed.ConcurrentBitmap
import dev.leasehold.memory.typed.TypedMemoryClosedException
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.util.SplittableRandom
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicIntegerArray
import java.util.concurrent.atomic.AtomicLong

class BitmapStressSpec : FunSpec() {
    private class Run(val first: Long, val length: Int)

    init {
        test("no bit has two holders, and none is lost, while threads allocate, free, and let it grow") {
            val most = 3000L
            val holders = AtomicIntegerArray(most.toInt())
            val seed = Effort.seed("bitmap stress")
            SystemMemoryManager("stress").use { manager ->
                ConcurrentBitmap(manager, 100).use { bits ->
                    val allocated = AtomicInteger()
                    together(4) { worker ->
                        val random = SplittableRandom(seed + worker)
                        val runs = ArrayList<Run>()
                        repeat(Effort.times(60_000)) {
                            if (random.nextInt(5) < 3) {
                                take(bits, random.nextInt(1, 65), holders)?.let(runs::add)
                            } else if (runs.isNotEmpty()) {
                                free(bits, runs.removeAt(random.nextInt(runs.size)), holders)
                                allocated.incrementAndGet()
                            }
                            if (runs.size > 12) free(bits, runs.removeLast(), holders)
                            if (worker == 0 && it % 1000 == 0 && bits.size < most) bits.grow(bits.size + 50)
                        }
                        runs.forEach { free(bits, it, holders) }
                    }
                    allocated.get() shouldBeGreaterThan 1000
                    bits.count() shouldBe 0
                }
                manager.stats().used shouldBe 0
            }
        }

        test("of threads that free one run, one does") {
            SystemMemoryManager("stress").use { manager ->
                ConcurrentBitmap(manager, 256).use { bits ->
                    repeat(Effort.times(1500)) {
                        bits.clear()
                        val run = bits.also { it.allocate(40) }.allocate(50)
                        val freed = AtomicInteger()
                        together(3) { if (bits.tryFree(run, 50)) freed.incrementAndGet() }
                        freed.get() shouldBe 1
                        bits.count() shouldBe 40
                    }
                }
            }
        }

        test("as many threads as it likes find exactly as many bits as there are") {
            SystemMemoryManager("stress").use { manager ->
                repeat(Effort.times(200)) {
                    ConcurrentBitmap(manager, 1000).use { bits ->
                        val found = AtomicLong()
                        val sum = AtomicLong()
                        together(4) {
                            while (true) {
                                val bit = bits.tryAllocate()
                                if (bit < 0) break
                                found.incrementAndGet()
                                sum.addAndGet(bit)
                            }
                        }
                        found.get() shouldBe 1000
                        sum.get() shouldBe 999L * 1000 / 2
                    }
                }
            }
        }

        test("a bitmap that is closed while threads use it reaches no other's memory") {
            SystemMemoryManager("stress").use { manager ->
                repeat(Effort.times(100)) { round ->
                    val bits = ConcurrentBitmap(manager, 4096)
                    val others = ArrayList<Block>()
                    together(3) { worker ->
                        if (worker < 2) {
                            untilClosed { if (bits.tryAllocate(7) < 0) bits.clear() }
                        } else {
                            Thread.sleep(0, round * 1000)
                            bits.close()
                            repeat(50) { others += manager.allocateZeroed(64 + 4096 / 8) }
                        }
                    }
                    for (block in others) {
                        block.withSegment { for (offset in 0 until it.size step 8) it.getLong(offset) shouldBe 0 }
                        block.close()
                    }
                }
                manager.stats().used shouldBe 0
            }
        }
    }

    private fun take(bits: ConcurrentBitmap, length: Int, holders: AtomicIntegerArray): Run? {
        val first = bits.tryAllocate(length)
        if (first < 0) return null
        for (bit in first until first + length) {
            check(holders.incrementAndGet(bit.toInt()) == 1) { "bit $bit has two holders" }
        }
        return Run(first, length)
    }

    private fun free(bits: ConcurrentBitmap, run: Run, holders: AtomicIntegerArray) {
        for (bit in run.first until run.first + run.length) holders.decrementAndGet(bit.toInt())
        bits.free(run.first, run.length)
    }

    private fun untilClosed(action: () -> Unit) {
        try {
            while (true) action()
        } catch (_: TypedMemoryClosedException) {
            // The end.
        }
    }
}
