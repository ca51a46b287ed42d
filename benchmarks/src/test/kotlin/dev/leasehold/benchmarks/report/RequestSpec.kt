package dev.leasehold.benchmarks.report

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.file.Path

class RequestSpec : FunSpec({
    fun parse(vararg arguments: String) = Request.parse(arguments.asList())

    test("without options all is measured and the page written") {
        parse() shouldBe Request(
            from = null,
            results = Path.of("benchmarks/target/performance.json"),
            page = Path.of("docs/performance.md"),
            include = "dev\\.leasehold\\.",
            quick = false,
        )
    }

    test("a quick or partial run leaves the page alone unless told otherwise") {
        parse("--quick").page shouldBe null
        parse("--include", "RentBenchmark").page shouldBe null
        parse("--quick", "--to", "page.md").page shouldBe Path.of("page.md")
    }

    test("kept results are shown and written") {
        val request = parse("--from", "kept.json")
        request.from shouldBe Path.of("kept.json")
        request.page shouldBe Path.of("docs/performance.md")
    }

    test("an unknown option is refused with the usage") {
        val message = shouldThrow<UsageException> { parse("--fast") }.message
        message shouldContain "there is no option '--fast'"
        message shouldContain "usage:"
    }

    test("an option without its value is refused") {
        shouldThrow<UsageException> { parse("--from") }.message shouldContain "--from needs a value"
    }
})
