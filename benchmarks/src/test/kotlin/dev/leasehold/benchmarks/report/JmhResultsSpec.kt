package dev.leasehold.benchmarks.report

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class JmhResultsSpec : FunSpec({
    fun read(vararg results: String) = JmhResults(cores = 2).read(results.joinToString(",", "[", "]").reader())

    fun only(result: String) = read(result).figures.all.single()

    test("a result keeps its name, size, time and garbage") {
        val figure = only(jmhResult("RentBenchmark.lease", 2.5, size = 65536, bytes = 24.0))
        figure.copy(error = 0.0) shouldBe Figure("RentBenchmark.lease", 65536, 2.5, 0.0, 24.0)
        figure.error.isNaN() shouldBe true
    }

    test("without the profiler there is no count of garbage") {
        only(jmhResult("RentBenchmark.lease", 2.5)).bytes.shouldBeNull()
    }

    test("eight threads on two cores use a quarter of the time that they wait") {
        only(jmhResult("ContentionBenchmark.lease8", 40.0, threads = 8)).nanos shouldBe 10.0
    }

    test("four threads at a limit use half of the time that they wait, for each is on its own") {
        only(jmhResult("LimitBenchmark.slabPool4", 40.0, size = 1024, threads = 4)).nanos shouldBe 20.0
    }

    test("who else is on the machine ends the name, and anything unknown is refused") {
        val found = read(
            jmhResult("BusyBenchmark.rentLease", 5.0, neighbours = "none"),
            jmhResult("BusyBenchmark.rentLease", 15.0, neighbours = "busy"),
        ).figures
        found.find("BusyBenchmark.rentLeaseAlone")?.nanos shouldBe 5.0
        found.find("BusyBenchmark.rentLeaseBesideBusy")?.nanos shouldBe 15.0
        shouldThrow<IllegalArgumentException> { only(jmhResult("BusyBenchmark.rentLease", 5.0, neighbours = "noisy")) }
            .message shouldContain "noisy"
    }

    test("as many threads as cores wait for none") {
        only(jmhResult("ContentionBenchmark.lease2", 40.0, threads = 2)).nanos shouldBe 40.0
    }

    test("the garbage of a hand-over is that of both sides") {
        only(jmhResult("HandOffBenchmark.sharedLease", 40.0, threads = 2, bytes = 36.0)).bytes shouldBe 72.0
        only(jmhResult("ManagerHandOffBenchmark.leasehold", 40.0, threads = 2, bytes = 36.0)).bytes shouldBe 72.0
        only(jmhResult("BusyBenchmark.handOverSharedLease", 40.0, bytes = 36.0, neighbours = "busy")).bytes shouldBe
            72.0
        only(jmhResult("BusyBenchmark.rentSharedLease", 40.0, bytes = 36.0, neighbours = "busy")).bytes shouldBe 36.0
    }

    test("the effort is stated once for all") {
        read(jmhResult("RentBenchmark.lease", 1.0), jmhResult("RentBenchmark.heapArray", 1.0)).effort shouldBe
            "JVMs for each figure: 3; in each 5 × 500 ms to warm up and 4 × 1 s measured"
    }

    test("a result in another unit is refused by name") {
        shouldThrow<IllegalArgumentException> { only(jmhResult("RentBenchmark.lease", 1.0, unit = "ops/s")) }
            .message shouldContain "RentBenchmark.lease is in ops/s"
    }

    test("a file without results is refused") {
        shouldThrow<IllegalArgumentException> { read() }.message shouldContain "no benchmark ran"
    }

    test("each class has its own baseline") {
        val found = read(
            jmhResult("RentBenchmark.lease", 1.0, size = 64),
            jmhResult("RentBenchmark.mallocFree", 2.0, size = 64),
            jmhResult("ContentionBenchmark.sharedLease1", 3.0),
            jmhResult("ContentionBenchmark.sharedLease8", 4.0),
            jmhResult("AccessBenchmark.sumBytesSegment", 5.0, size = 1024),
            jmhResult("AccessBenchmark.sumBytesArray", 6.0, size = 1024),
            jmhResult("SuspendBenchmark.withLease", 7.0, size = 1024),
            jmhResult("SuspendBenchmark.channelPool", 8.0, size = 1024),
            jmhResult("SuspendBenchmark.withLeaseContended", 9.0),
            jmhResult("SuspendBenchmark.channelPoolContended", 10.0),
            jmhResult("ServiceBenchmark.coroutines", 11.0),
            jmhResult("ServiceBenchmark.heap", 12.0),
            jmhResult("BusyBenchmark.handOverSharedLease", 13.0, size = 1024, neighbours = "busy"),
            jmhResult("BusyBenchmark.handOverNettyPooled", 14.0, size = 1024, neighbours = "busy"),
            jmhResult("LimitBenchmark.sharedLease", 15.0, size = 1024),
            jmhResult("LimitBenchmark.manager4", 16.0, size = 1024, threads = 4),
        ).figures
        fun baseline(name: String, size: Int?) = found.baselineOf(found.find(name, size).shouldNotBeNull())?.benchmark
        baseline("RentBenchmark.mallocFree", 64) shouldBe "RentBenchmark.lease"
        baseline("ContentionBenchmark.sharedLease8", null) shouldBe "ContentionBenchmark.sharedLease1"
        baseline("AccessBenchmark.sumBytesSegment", 1024) shouldBe "AccessBenchmark.sumBytesArray"
        baseline("SuspendBenchmark.channelPool", 1024) shouldBe "SuspendBenchmark.withLease"
        baseline("SuspendBenchmark.channelPoolContended", null) shouldBe "SuspendBenchmark.withLeaseContended"
        baseline("ServiceBenchmark.heap", null) shouldBe "ServiceBenchmark.coroutines"
        baseline("BusyBenchmark.handOverNettyPooledBesideBusy", 1024) shouldBe
            "BusyBenchmark.handOverSharedLeaseBesideBusy"
        baseline("LimitBenchmark.manager4", 1024) shouldBe "LimitBenchmark.sharedLease"
    }
})
