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
import java.nio.file.Path
import kotlin.io.path.readText
import kotlin.io.path.writeText

private const val EMPTY = "<!-- generated:begin -->\n<!-- generated:end -->\n"

class PageSpec : FunSpec() {
    private val folder = tempdir().toPath()
    private val run = Run(figures("RentBenchmark.lease" to 2.0, "RentBenchmark.mallocFree" to 8.0), "little")

    private fun page(name: String, text: String = EMPTY): Path = folder.resolve(name).also { it.writeText(text) }

    private fun figuresOn(page: Path, run: Run = this.run): String {
        Page(page).writeFigures(run, MACHINE)
        return page.readText()
    }

    private fun barsOn(page: Path): String {
        Page(page).writeBars(run, MACHINE)
        return page.readText()
    }

    init {
        context("pages").config(enabledIf = { HAS_FONTS }) {
            test("what people wrote around the markers stays, and what was generated goes") {
                val before = "# Mine\n<!-- generated:begin -->\nstale figures\n<!-- generated:end -->\nAlso mine\n"
                val text = figuresOn(page("speed.md", before))
                text shouldStartWith "# Mine\n<!-- generated:begin -->\n"
                text shouldEndWith "<!-- generated:end -->\nAlso mine\n"
                text shouldNotContain "stale figures"
            }

            test("the page of figures names machine, JDK and effort, and shows charts and ratios, and no bars") {
                val text = figuresOn(page("full.md"))
                text shouldContain "Measured on Test CPU, 2 cores, Test OS 1; Test VM 25; Netty 4.2.0."
                text shouldContain "Effort: little."
                text shouldContain "](full/rent.svg)"
                text shouldContain "| RentBenchmark.mallocFree | 1 KiB | 8 | 0.10 | 0 | 4× |"
                text shouldNotContain "reached"
                folder.resolve("full/rent.svg").shouldExist()
                folder.resolve("full/scope.svg").shouldNotExist()
            }

            test("the service is shown in rows per second and heap bytes for each row, where it was measured") {
                val service = figures(
                    "ServiceBenchmark.heap" to 200.0,
                    "ServiceBenchmark.coroutines" to 80.0,
                    "ServiceBenchmark.threads" to 100.0,
                    size = null,
                    bytes = 0.25,
                )
                val text = figuresOn(page("service.md"), Run(service, "little"))
                text shouldContain "### The measurement service"
                text shouldContain
                    "| coroutines | 12,500,000 | 0.25 |\n| threads | 10,000,000 | 0.25 |\n| heap | 5,000,000 |"
                val chart = folder.resolve("service/service.svg").readText()
                chart shouldContain "rows per second, more is better"
                chart shouldContain ">12,500,000</text>"
                figuresOn(page("no-service.md")) shouldNotContain "The measurement service"
            }

            test("coroutines that wait are charted apart from those that need not, after them") {
                val waiting = Figures(
                    listOf(
                        Figure("SuspendBenchmark.channelPoolContended", null, 210.0, 1.0, 13.0),
                        Figure("SuspendBenchmark.withLeaseContended", null, 200.0, 1.0, 13.0),
                        Figure("SuspendBenchmark.withLease", 1024, 30.0, 1.0, 3.0),
                    ),
                )
                val text = figuresOn(page("suspend.md"), Run(waiting, "little"))
                text shouldContain "| SuspendBenchmark.channelPoolContended |  | 210 | 1 | 13 | 1.05× |"
                val chart = folder.resolve("suspend/suspend.svg").readText()
                var at = 0
                for (label in listOf(">with lease<", ">with lease<", ">channel pool<")) {
                    at = chart.indexOf(label, at)
                    at shouldBeGreaterThan -1
                    at++
                }
                chart shouldContain ">all wait<"
            }

            test("writing twice changes nothing") {
                val file = page("twice.md")
                figuresOn(file) shouldBe figuresOn(file)
            }
        }

        test("the page of bars says of each whether it is reached, and counts them") {
            val text = barsOn(page("bars.md"))
            text shouldContain "Measured on Test CPU"
            text shouldContain
                "Of ${BARS.size} bars 2 are reached, 0 are missed, and ${BARS.size - 2} were not measured."
            text shouldContain "| 0.25× | yes |"
            barsOn(folder.resolve("bars.md")) shouldBe text
        }

        test("a page without markers is refused and left alone") {
            val file = page("bare.md", "# Only mine\n")
            shouldThrow<IllegalArgumentException> { barsOn(file) }.message shouldContain "generated:begin"
            file.readText() shouldBe "# Only mine\n"
        }

        test("a page that does not exist is refused") {
            shouldThrow<IllegalArgumentException> { barsOn(folder.resolve("none.md")) }
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
    }
}
