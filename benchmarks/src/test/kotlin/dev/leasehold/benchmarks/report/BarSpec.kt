package dev.leasehold.benchmarks.report

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeUnique
import io.kotest.matchers.doubles.plusOrMinus
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class BarSpec : FunSpec({
    fun bar(vararg words: String) = BARS.single { bar -> words.all { it in bar.promise } }

    test("faster than Netty means faster than the better of the two") {
        val nettyBar = bar("RentBenchmark", "`lease`", "the better Netty")
        val measured = nettyBar.measure(
            figures(
                "RentBenchmark.lease" to 4.0,
                "RentBenchmark.nettyPooled" to 60.0,
                "RentBenchmark.nettyAdaptive" to 44.0,
            ),
        )
        measured.shouldNotBeNull() shouldBe (11.0 plusOrMinus 1e-9)
        nettyBar.isReachedBy(measured) shouldBe true
    }

    test("a bar that lacks one of its rivals is not measured, rather than reached against the other") {
        bar("RentBenchmark", "`lease`", "the better Netty")
            .measure(figures("RentBenchmark.lease" to 4.0, "RentBenchmark.nettyPooled" to 60.0)).shouldBeNull()
    }

    test("a ratio to stay below is the library's time over the rival's") {
        val malloc = bar("RentBenchmark", "mallocFree")
        val measured = malloc.measure(figures("RentBenchmark.lease" to 7.0, "RentBenchmark.mallocFree" to 10.0))
        measured.shouldNotBeNull() shouldBe (0.7 plusOrMinus 1e-9)
        malloc.isReachedBy(measured) shouldBe false
        malloc.isReachedBy(0.6) shouldBe true
    }

    test("beside busy neighbours the ratio to Netty is judged, and not the time") {
        val steady = bar("BusyBenchmark", "`rentSharedLease`")
        fun measure(busyOwn: Double, busyNetty: Double?) = steady.measure(
            figures(
                "BusyBenchmark.rentSharedLeaseAlone" to 10.0,
                "BusyBenchmark.rentNettyPooledAlone" to 60.0,
                "BusyBenchmark.rentNettyAdaptiveAlone" to 40.0,
                "BusyBenchmark.rentSharedLeaseBesideBusy" to busyOwn,
                "BusyBenchmark.rentNettyPooledBesideBusy" to 180.0,
                *listOfNotNull(busyNetty).map { "BusyBenchmark.rentNettyAdaptiveBesideBusy" to it }.toTypedArray(),
                size = null,
            ),
        )
        // Three times as slow, as Netty is: nothing has changed.
        measure(30.0, 120.0).shouldNotBeNull() shouldBe (1.0 plusOrMinus 1e-9)
        val lost = measure(90.0, 120.0).shouldNotBeNull()
        lost shouldBe (1.0 / 3 plusOrMinus 1e-9)
        steady.isReachedBy(lost) shouldBe false
        steady.isReachedBy(0.5) shouldBe true
        measure(30.0, null).shouldBeNull()
    }

    test("a refusal is judged by its time alone") {
        val refused = bar("slabPoolRefused", "at 1 KiB")
        val measured = refused.measure(figures("LimitBenchmark.slabPoolRefused" to 301.0)).shouldNotBeNull()
        measured shouldBe 301.0
        refused.isReachedBy(measured) shouldBe false
        refused.isReachedBy(300.0) shouldBe true
    }

    test("speed beside a rival counts as reached from the level that was set, not only from beyond the rival's") {
        val mimalloc = bar("HandOffBenchmark: `sharedLease`", "mimalloc", "at 1 KiB")
        fun measure(own: Double) = mimalloc.measure(
            figures("HandOffBenchmark.sharedLease" to own, "HandOffBenchmark.mimalloc" to 70.0),
        ).shouldNotBeNull()
        mimalloc.isReachedBy(measure(100.0)) shouldBe true
        mimalloc.isReachedBy(measure(101.0)) shouldBe false
    }

    test("a budget is judged by what it adds, in nanoseconds") {
        val budget = bar("a budget three levels deep", "at 1 KiB")
        val measured = budget.measure(
            figures("ManagerBenchmark.leasehold" to 7.0, "ManagerBenchmark.leaseholdBudgeted" to 8.5),
        )
        measured.shouldNotBeNull() shouldBe (1.5 plusOrMinus 1e-9)
        budget.isReachedBy(measured) shouldBe false
        budget.isReachedBy(0.9) shouldBe true
        budget.measure(figures("ManagerBenchmark.leasehold" to 7.0)).shouldBeNull()
    }

    test("resizing is set against the faster of the two copies") {
        val measured = bar("ResizeBenchmark").measure(
            figures(
                "ResizeBenchmark.resize" to 100.0,
                "ResizeBenchmark.allocateCopyFree" to 6_000.0,
                "ResizeBenchmark.mallocCopyFree" to 7_000.0,
                "ResizeBenchmark.realloc" to 90.0,
                size = null,
            ),
        )
        measured.shouldNotBeNull() shouldBe (60.0 plusOrMinus 1e-9)
    }

    test("an absent library leaves no bar unmeasured") {
        val run = figures(
            "ManagerBenchmark.leasehold" to 7.0,
            "ManagerBenchmark.mallocFree" to 10.0,
            "ManagerBenchmark.nettyPooled" to 60.0,
            "ManagerBenchmark.nettyAdaptive" to 44.0,
            "ManagerBenchmark.leaseholdBudgeted" to 7.0,
        )
        BARS.filter { it.promise.startsWith("ManagerBenchmark") && "at 1 KiB" in it.promise }
            .map { it.measure(run).shouldNotBeNull() } shouldBe listOf(0.7, 44.0 / 7, 0.0)
    }

    test("threads are judged by the worst of their numbers") {
        val flat = bar("ContentionBenchmark", "`lease`")
        val measured = flat.measure(
            figures(
                "ContentionBenchmark.lease1" to 10.0,
                "ContentionBenchmark.lease2" to 11.0,
                "ContentionBenchmark.lease4" to 14.0,
                "ContentionBenchmark.lease8" to 9.0,
                size = null,
            ),
        )
        measured.shouldNotBeNull() shouldBe (1.4 plusOrMinus 1e-9)
        flat.isReachedBy(measured) shouldBe false
    }

    test("no garbage allows for the harness's own traces, and not for an object") {
        val none = bar("RentBenchmark", "`lease`", "B/op")
        none.isReachedBy(none.measure(figures("RentBenchmark.lease" to 4.0, bytes = 0.002)).shouldNotBeNull()) shouldBe
            true
        none.isReachedBy(none.measure(figures("RentBenchmark.lease" to 4.0, bytes = 16.0)).shouldNotBeNull()) shouldBe
            false
    }

    test("the wait for a lease is set against the faster of semaphore and channel, and against neither alone") {
        val contended = bar("withLeaseContended")
        val measured = contended.measure(
            figures(
                "SuspendBenchmark.withLeaseContended" to 200.0,
                "SuspendBenchmark.semaphoreAndNettyContended" to 400.0,
                "SuspendBenchmark.channelPoolContended" to 180.0,
                size = null,
            ),
        )
        measured.shouldNotBeNull() shouldBe (0.9 plusOrMinus 1e-9)
        contended.isReachedBy(measured) shouldBe false
        contended.isReachedBy(1.0) shouldBe true
        contended.measure(
            figures(
                "SuspendBenchmark.withLeaseContended" to 200.0,
                "SuspendBenchmark.channelPoolContended" to 280.0,
                size = null,
            ),
        ).shouldBeNull()
    }

    test("nothing more allocated than by another case leaves room for traces, and not for an object") {
        val none = bar("nothing more than `sharedLease`")
        fun garbage(own: Double, base: Double?) = none.measure(
            Figures(
                listOf(
                    Figure("SuspendBenchmark.withLease", 1024, 30.0, 0.1, own),
                    Figure("SuspendBenchmark.sharedLease", 1024, 25.0, 0.1, base),
                ),
            ),
        )
        none.isReachedBy(garbage(4.0, 3.0).shouldNotBeNull()) shouldBe true
        none.isReachedBy(garbage(2.0, 3.0).shouldNotBeNull()) shouldBe true
        none.isReachedBy(garbage(19.0, 3.0).shouldNotBeNull()) shouldBe false
        garbage(4.0, null).shouldBeNull()
    }

    test("garbage that was not counted is not measured") {
        bar("RentBenchmark", "`sharedLease`", "B/op")
            .measure(figures("RentBenchmark.sharedLease" to 4.0, bytes = null)).shouldBeNull()
    }

    test("a table says of every bar whether it is reached, missed or not measured") {
        val table = barTable(figures("RentBenchmark.lease" to 7.0, "RentBenchmark.mallocFree" to 10.0))
        table shouldContain "≤ 0.6× the time of `mallocFree` | 0.70× | **no** |"
        table shouldContain "`lease` at 1 KiB ≤ 0 B/op of garbage | 0 B/op | yes |"
        table shouldContain "the better Netty | – | not measured |"
    }

    test("no two bars promise the same") {
        BARS.map(Bar::promise).shouldBeUnique()
    }

    test("an opening is judged in milliseconds") {
        val opening = bar("MappedFileBenchmark: `open` ")
        val measured = opening.measure(figures("MappedFileBenchmark.open" to 3_500_000.0, size = null))
        measured.shouldNotBeNull() shouldBe (3.5 plusOrMinus 1e-9)
        opening.isReachedBy(measured) shouldBe false
        opening.isReachedBy(3.0) shouldBe true
    }

    test("a map is judged by the better of its rivals, and a view by their copies") {
        val view = bar("MappedDictionaryBenchmark: `viewLeasehold`")
        val measured = view.measure(
            figures(
                "MappedDictionaryBenchmark.viewLeasehold" to 200.0,
                "MappedDictionaryBenchmark.getChronicle" to 500.0,
                "MappedDictionaryBenchmark.getMapdb" to 900.0,
                size = null,
            ),
        )
        measured.shouldNotBeNull() shouldBe (2.5 plusOrMinus 1e-9)
        view.isReachedBy(measured) shouldBe true
    }

    test("what a file has beside its blocks is judged where mapped memory was measured, and only there") {
        val overhead = bar("beside blocks of 64 B")
        val measured = overhead.measure(figures("MappedBenchmark.mapped" to 20.0))
        measured.shouldNotBeNull() shouldBe (12.66 plusOrMinus 0.01)
        overhead.measure(figures("RentBenchmark.lease" to 4.0)).shouldBeNull()
    }
})
