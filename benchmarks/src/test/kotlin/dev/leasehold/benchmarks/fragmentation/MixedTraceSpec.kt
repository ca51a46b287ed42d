package dev.leasehold.benchmarks.fragmentation

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe
import java.util.concurrent.ExecutionException

class MixedTraceSpec : FunSpec({
    fun replay(): Pair<MixedTrace<Recorder.Recorded>, Recorder> {
        val recorder = Recorder()
        val trace = MixedTrace(recorder, seconds = 1)
        trace.replay { }
        return trace to recorder
    }

    test("the live bytes are those of the blocks that were not freed, and everything is freed once") {
        val (trace, recorder) = replay()
        trace.live shouldBe recorder.liveBytes
        trace.live shouldBeInRange (90L shl 20)..(120L shl 20)
        trace.freeAll()
        recorder.live shouldHaveSize 0
        trace.live shouldBe 0
    }

    test("sizes go from 16 bytes to 1 MiB, and an eighth of all operations hands a block over") {
        val (_, recorder) = replay()
        recorder.requested.min() shouldBe 16
        recorder.requested.max() shouldBeInRange 1_000_000..<1024 * 1024
        // Of 20,000 operations nearly half free, and a quarter of those on the other thread.
        recorder.handedOver.size shouldBeInRange 1_900..2_500
    }

    test("each thread requests the same each time, whatever the other does") {
        val first = replay().second.requestedByThread
        first shouldHaveSize 2
        first.forEach { it.size shouldBeGreaterThan 4_000 }
        replay().second.requestedByThread shouldContainExactlyInAnyOrder first
    }

    test("a heap that fails ends the replay with its failure") {
        val broken = object : TracedHeap<Any> {
            override fun allocate(size: Int): Any = error("no memory")

            override fun free(block: Any) {}
        }
        shouldThrow<ExecutionException> { MixedTrace(broken, seconds = 1).replay { } }
            .cause?.message shouldBe "no memory"
    }
})
