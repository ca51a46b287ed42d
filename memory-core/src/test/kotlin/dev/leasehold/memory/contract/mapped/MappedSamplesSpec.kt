package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.samples.mappedCondition
import dev.leasehold.memory.samples.mappedDictionary
import dev.leasehold.memory.samples.mappedLock
import dev.leasehold.memory.samples.mappedRing
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

    test("a change under a lock is seen by those who share it") {
        MappedFiles.withPath { path -> List(2) { mappedLock(path) } shouldBe listOf(1, 2) }
    }

    test("a condition is signalled to those who wait") {
        MappedFiles.withPath { mappedCondition(it) shouldBe 42 }
    }

    test("a chunk comes through a ring in a file") {
        MappedFiles.withPath { mappedRing(it) shouldBe 42 }
    }
})
