package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.samples.mappedDictionary
import dev.leasehold.memory.samples.mappedRoots
import dev.leasehold.memory.support.MappedFiles
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

/** What the documentation of mapped memory shows does what it says. */
class MappedSamplesSpec : FunSpec({
    test("a block with a root is found when the file is opened again") {
        MappedFiles.withPath { mappedRoots(it) shouldBe 42 }
    }

    test("a map in a file counts down") {
        MappedFiles.withPath { mappedDictionary(it) shouldBe 11 }
    }
})
