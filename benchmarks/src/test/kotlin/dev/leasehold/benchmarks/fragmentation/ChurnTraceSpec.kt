package dev.leasehold.benchmarks.fragmentation

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe

class ChurnTraceSpec : FunSpec({
    /** Keeps the sizes of all requests, and refuses what no heap could do. */
    class Recorder : TracedHeap {
        val sizes = HashMap<Int, Int>()
        val requested = ArrayList<Int>()

        override fun allocate(place: Int, size: Int) {
            check(sizes.put(place, size) == null) { "place $place is full" }
            requested += size
        }

        override fun free(place: Int) {
            checkNotNull(sizes.remove(place)) { "place $place is empty" }
        }
    }

    test("the live bytes are those of the blocks that were not freed, at each checkpoint") {
        val recorder = Recorder()
        val trace = ChurnTrace(50_000)
        val checkpoints = ArrayList<Int>()
        trace.replay(recorder, 10_000) { done ->
            checkpoints += done
            trace.live shouldBe recorder.sizes.values.sumOf(Int::toLong)
        }
        checkpoints shouldBe listOf(10_000, 20_000, 30_000, 40_000, 50_000)
        trace.freeAll(recorder)
        recorder.sizes.keys shouldHaveSize 0
        trace.live shouldBe 0
    }

    test("half of the places are full, with sizes from 16 bytes to 256 KiB") {
        val recorder = Recorder()
        val trace = ChurnTrace(200_000)
        trace.replay(recorder, 200_000) { }
        recorder.sizes.size shouldBeInRange 3_900..4_300
        recorder.requested.min() shouldBe 16
        recorder.requested.max() shouldBeInRange 260_000..<256 * 1024
        trace.live shouldBeInRange (100L shl 20)..(125L shl 20)
    }

    test("a trace is the same each time") {
        fun requested() = Recorder().also { ChurnTrace(5_000).replay(it, 5_000) { } }.requested
        requested() shouldBe requested()
        requested().take(3) shouldBe listOf(1_663, 1_815, 3_394)
    }
})
