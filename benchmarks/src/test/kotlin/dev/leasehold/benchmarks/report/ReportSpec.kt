package dev.leasehold.benchmarks.report

import com.github.ajalt.clikt.core.NoSuchOption
import com.github.ajalt.clikt.core.UsageError
import com.github.ajalt.clikt.core.parse
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.shouldBe
import java.nio.file.Path

class ReportSpec : FunSpec() {
    private fun parse(vararg words: String): Report = Report(action = {}).apply { parse(words.asList()) }

    init {
        test("without options everything is measured, and both pages are written") {
            val report = parse()
            report.from shouldBe null
            report.include shouldBe null
            report.quick shouldBe false
            report.results shouldBe Path.of("benchmarks/target/performance.json")
            report.pageToWrite shouldBe Path.of("docs/performance.md")
            report.barsToWrite shouldBe Path.of("benchmarks/BARS.md")
        }

        test("a quick or partial run leaves the pages alone unless one is named") {
            for (report in listOf(parse("--quick"), parse("--include", "RentBenchmark"))) {
                report.pageToWrite shouldBe null
                report.barsToWrite shouldBe null
            }
            parse("--quick", "--page", "page.md").pageToWrite shouldBe Path.of("page.md")
            parse("--quick", "--bars", "bars.md").barsToWrite shouldBe Path.of("bars.md")
        }

        test("kept results are shown, and written into both pages") {
            val kept = tempfile()
            val report = parse("--from", kept.path)
            report.from shouldBe kept.toPath()
            report.pageToWrite shouldBe Path.of("docs/performance.md")
            report.barsToWrite shouldBe Path.of("benchmarks/BARS.md")
        }

        test("results that do not exist, an unknown option and an option without its value are refused") {
            shouldThrow<UsageError> { parse("--from", "no/such.json") }
            shouldThrow<NoSuchOption> { parse("--fast") }
            shouldThrow<UsageError> { parse("--from") }
        }
    }
}
