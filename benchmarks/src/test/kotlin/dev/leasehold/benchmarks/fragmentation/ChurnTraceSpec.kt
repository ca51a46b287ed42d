package dev.leasehold.benchmarks.fragmentation

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe

class ChurnTraceSpec : FunSpec({
    test("the live bytes are those of the blocks that were not freed, at each checkpoint") {
        val recorder = Recorder()
        val trace = ChurnTrace(recorder, 50_000)
        val checkpoints = ArrayList<Int>()
        trace.replay(10_000) { done ->
            checkpoints += done
            trace.live shouldBe recorder.liveBytes
        }
        checkpoints shouldBe listOf(10_000, 20_000, 30_000, 40_000, 50_000)
        trace.freeAll()
        recorder.live shouldHaveSize 0
        trace.live shouldBe 0
    }

    test("half of the places are full, with sizes from 16 bytes to 256 KiB") {
        val recorder = Recorder()
        val trace = ChurnTrace(recorder, 200_000)
        trace.replay(200_000) { }
        recorder.live.size shouldBeInRange 3_900..4_300
        recorder.requested.min() shouldBe 16
        recorder.requested.max() shouldBeInRange 260_000..<256 * 1024
        trace.live shouldBeInRange (100L shl 20)..(125L shl 20)
    }

    test("a trace is the same each time") {
        fun requested() = Recorder().also { ChurnTrace(it, 5_000).replay(5_000) { } }.requested.toList()
        requested() shouldBe requested()
        requested().take(3) shouldBe listOf(1_663, 1_815, 3_394)
    }
})
