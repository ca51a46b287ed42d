package dev.leasehold.benchmarks.service

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldStartWith

class MeasuredServiceSpec : FunSpec() {
    private fun answers(version: Version): List<List<String>> =
        MeasuredService(version, rows = 5_000, clients = 3).use { measured -> List(2) { measured.send() } }

    init {
        test("all versions give the same answers, and the same ones every time") {
            val (first, second) = answers(Version.COROUTINES)
            first shouldHaveSize 3
            first[0] shouldStartWith "{Bel"
            first[0] shouldNotBe first[1]
            second shouldBe first
            for (version in listOf(Version.THREADS, Version.HEAP)) answers(version) shouldBe listOf(first, first)
        }
    }
}
