package dev.leasehold.samples.service

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldStartWith

class MeasuredServiceSpec : FunSpec({
    fun answers(start: (Int, Int) -> MeasuredService): List<List<String>> = start(5_000, 3).use { measured ->
        List(2) {
            measured.prepare()
            measured.send()
        }
    }

    test("both versions give the same answers, and the same ones every time") {
        val (first, second) = answers(MeasuredService::leased)
        first shouldHaveSize 3
        first[0] shouldStartWith "{Ana"
        first[0] shouldNotBe first[1]
        second shouldBe first
        answers(MeasuredService::heap) shouldBe listOf(first, first)
    }

    test("what was made ready and not sent is given back") {
        val measured = MeasuredService.leased(1_000, 2)
        measured.prepare()
        measured.prepare()
        measured.close()
        shouldThrow<IllegalStateException> { measured.send() }
    }
})
