package dev.leasehold.benchmarks

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly

class ShareSpec : FunSpec({
    test("the oldest goes first, and what replaced it goes when all others have gone") {
        val share = Share(listOf("a", "b"))
        val gone = listOf("c", "d", "e").map { fresh -> share.oldest().also { share.replaceOldest(fresh) } }
        gone shouldContainExactly listOf("a", "b", "c")
        share.all shouldContainExactly listOf("e", "d")
    }
})
