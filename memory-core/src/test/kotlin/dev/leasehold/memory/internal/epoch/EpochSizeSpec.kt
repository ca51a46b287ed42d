package dev.leasehold.memory.internal.epoch

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe

class EpochSizeSpec : FunSpec({
    val fast = 10_000L
    val slow = 100_000_000L

    fun EpochSize.fill(blockBytes: Long, nanos: Long, waiting: Long = 0, times: Int = 1) =
        repeat(times) { change(bytesFor(blockBytes), blockBytes, nanos, waiting) }

    test("epochs of large blocks grow while they fill fast, to four thousand leases and no further") {
        val size = EpochSize(mostBytes = 128.MiB, mostBlocks = 8192)
        size.bytesFor(16.KiB) shouldBe 4.MiB
        size.backlog shouldBe 3
        size.fill(16.KiB, fast)
        size.bytesFor(16.KiB) shouldBe 8.MiB
        size.backlog shouldBe 2
        size.fill(16.KiB, fast, times = 10)
        size.bytesFor(16.KiB) shouldBe 64.MiB
        size.backlog shouldBe 2
        size.bytesFor(32.KiB) shouldBe 64.MiB
        size.fill(32.KiB, fast)
        size.bytesFor(32.KiB) shouldBe 128.MiB
    }

    test(
        "epochs of small blocks stay as they are, however fast they fill, also beside large ones that made them grow",
    ) {
        val size = EpochSize(mostBytes = 128.MiB, mostBlocks = 8192)
        size.fill(1.KiB, fast, times = 10)
        size.bytesFor(64.KiB) shouldBe 4.MiB
        size.fill(64.KiB, fast, times = 10)
        size.bytesFor(1.KiB) shouldBe 4.MiB
        size.bytesFor(2.KiB) shouldBe 8.MiB
    }

    test("epochs that fill slowly do not grow, and have their usual size again when they did") {
        val size = EpochSize(mostBytes = 32.MiB, mostBlocks = 8192)
        size.fill(64.KiB, slow, times = 10)
        size.bytesFor(64.KiB) shouldBe 4.MiB
        size.fill(64.KiB, fast, times = 3)
        size.fill(64.KiB, slow, times = 2)
        size.bytesFor(64.KiB) shouldBe 32.MiB
        size.fill(64.KiB, slow)
        size.bytesFor(64.KiB) shouldBe 16.MiB
        size.fill(64.KiB, slow, times = 30)
        size.bytesFor(64.KiB) shouldBe 4.MiB
    }

    test("no epoch is ever larger than the bound, which may be below the usual size") {
        for (most in longArrayOf(1, 4.KiB, 5.MiB, 32.MiB)) {
            val size = EpochSize(most, mostBlocks = 8192)
            size.fill(256.KiB, fast, times = 20)
            size.bytesFor(256.KiB) shouldBe most
            size.accepts(most) shouldBe true
            size.accepts(most + 1) shouldBe false
        }
    }

    test("epochs shrink while too much waits for leases that stay open, and grow back when nothing does") {
        val size = EpochSize(mostBytes = 32.MiB, mostBlocks = 8192)
        size.fill(64.KiB, fast, times = 3)
        size.fill(64.KiB, fast, waiting = 97.MiB, times = 3)
        size.bytesFor(64.KiB) shouldBe 4.MiB
        size.isShrunk shouldBe false
        size.fill(64.KiB, fast, waiting = 97.MiB, times = 3)
        size.isShrunk shouldBe true
        size.bytesFor(64.KiB) shouldBe 1.MiB
        size.blocks shouldBe 2048
        size.fill(64.KiB, fast, waiting = 97.MiB, times = 20_000)
        size.bytesFor(64.KiB) shouldBeLessThan 4.KiB
        size.accepts(64.KiB) shouldBe false
        // As for blocks that have an arena of their own meanwhile.
        repeat(20 * 3 * 64) { size.change(64.KiB, 64.KiB, EpochSize.FOREVER, waiting = 0) }
        size.isShrunk shouldBe false
        size.bytesFor(64.KiB) shouldBe 4.MiB
    }

    test("between two changes there is time in which the first can show") {
        val size = EpochSize(mostBytes = 32.MiB, mostBlocks = 8192)
        size.fill(1.KiB, slow, waiting = 100.MiB, times = 2)
        size.isShrunk shouldBe false
        size.fill(1.KiB, slow, waiting = 100.MiB)
        size.bytesFor(1.KiB) shouldBe 1.MiB
        size.fill(1.KiB, slow, waiting = 100.MiB, times = 11)
        size.bytesFor(1.KiB) shouldBe 1.MiB
        size.fill(1.KiB, slow, waiting = 100.MiB)
        size.bytesFor(1.KiB) shouldBe 256.KiB
    }

    test("a bound of nothing means no epochs") {
        EpochSize(mostBytes = 0, mostBlocks = 8192).accepts(1) shouldBe false
        EpochSize(mostBytes = 32.MiB, mostBlocks = 0).accepts(1) shouldBe false
    }
})
