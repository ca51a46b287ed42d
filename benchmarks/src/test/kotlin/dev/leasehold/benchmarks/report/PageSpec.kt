package dev.leasehold.benchmarks.report

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.paths.shouldExist
import io.kotest.matchers.paths.shouldNotExist
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.string.shouldStartWith
import kotlin.io.path.readText
import kotlin.io.path.writeText

class PageSpec : FunSpec({
    val folder = tempdir().toPath()
    val run = Run(figures("RentBenchmark.lease" to 2.0, "RentBenchmark.mallocFree" to 8.0), "little")

    fun page(name: String, text: String) = folder.resolve(name).also { it.writeText(text) }

    test("what people wrote around the markers stays, what was generated goes") {
        val file =
            page("speed.md", "# Mine\n<!-- generated:begin -->\nstale figures\n<!-- generated:end -->\nAlso mine\n")
        Page(file).write(run, MACHINE)
        val text = file.readText()
        text shouldStartWith "# Mine\n<!-- generated:begin -->\n"
        text shouldEndWith "<!-- generated:end -->\nAlso mine\n"
        text shouldNotContain "stale figures"
    }

    test("the page names machine, JDK and effort, and shows bars, charts and every figure") {
        val file = page("full.md", "<!-- generated:begin --><!-- generated:end -->")
        Page(file).write(run, MACHINE)
        val text = file.readText()
        text shouldContain "Measured on Test CPU, 2 cores, Test OS 1; Test VM 25; Netty 4.2.0."
        text shouldContain "Effort: little."
        text shouldContain "| 0.25× | yes |"
        text shouldContain "](full/rent.svg)"
        text shouldContain "| RentBenchmark.mallocFree | 1 KiB | 8 | 0.10 | 0 | 4× |"
        folder.resolve("full/rent.svg").shouldExist()
        folder.resolve("full/scope.svg").shouldNotExist()
    }

    test("the service is shown in rows per second and heap bytes for each row, where it was measured") {
        val file = page("service.md", "<!-- generated:begin --><!-- generated:end -->")
        val service =
            figures("ServiceBenchmark.heap" to 200.0, "ServiceBenchmark.leased" to 80.0, size = null, bytes = 0.25)
        Page(file).write(Run(service, "little"), MACHINE)
        val text = file.readText()
        text shouldContain "## The measurement service"
        text shouldContain "| leased | 12,500,000 | 0.25 |\n| heap | 5,000,000 | 0.25 |\n"
        val chart = folder.resolve("service/service.svg").readText()
        chart shouldContain "rows per second, more is better"
        chart shouldContain ">12,500,000</text>"
        Page(page("no-service.md", "<!-- generated:begin --><!-- generated:end -->")).write(run, MACHINE)
        folder.resolve("no-service.md").readText() shouldNotContain "The measurement service"
    }

    test("coroutines that wait are charted apart from those that need not, after them") {
        val file = page("suspend.md", "<!-- generated:begin --><!-- generated:end -->")
        val run = Figures(
            listOf(
                Figure("SuspendBenchmark.channelPoolContended", null, 210.0, 1.0, 13.0),
                Figure("SuspendBenchmark.withLeaseContended", null, 200.0, 1.0, 13.0),
                Figure("SuspendBenchmark.withLease", 1024, 30.0, 1.0, 3.0),
            ),
        )
        Page(file).write(Run(run, "little"), MACHINE)
        file.readText() shouldContain "| SuspendBenchmark.channelPoolContended |  | 210 | 1 | 13 | 1.05× |"
        val chart = folder.resolve("suspend/suspend.svg").readText()
        val order =
            listOf("1 KiB, nobody waits", ">withLease<", "that wait for one another", ">withLease<", ">channelPool<")
        var at = 0
        order.forEach {
            at = chart.indexOf(it, at)
            at shouldBeGreaterThan -1
            at++
        }
        chart.split("class=\"own\"").size - 1 shouldBe 2
    }

    test("writing twice changes nothing") {
        val file = page("twice.md", "<!-- generated:begin -->\n<!-- generated:end -->\n")
        Page(file).write(run, MACHINE)
        val once = file.readText()
        Page(file).write(run, MACHINE)
        file.readText() shouldBe once
    }

    test("a page without markers is refused and left alone") {
        val file = page("bare.md", "# Only mine\n")
        shouldThrow<IllegalArgumentException> { Page(file).write(run, MACHINE) }.message shouldContain "generated:begin"
        file.readText() shouldBe "# Only mine\n"
    }

    test("a machine is the same after it was kept beside the results") {
        val file = folder.resolve("machine.properties")
        MACHINE.save(file)
        Machine.load(file) shouldBe MACHINE
    }

    test("results of an unknown machine are refused") {
        shouldThrow<IllegalArgumentException> { Machine.load(folder.resolve("none.properties")) }
            .message shouldContain "none.properties is missing"
    }
})
