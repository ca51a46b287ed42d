package dev.leasehold.benchmarks

import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.doubles.plusOrMinus
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe

class MappedNeighbourSpec : FunSpec() {
    init {
        test("the neighbour works in the file until it may end, and leaves nothing") {
            val path = tempdir().toPath().resolve("file")
            MappedMemoryManager.create(path) {}.close()
            MappedNeighbourProcess(path, 1024).use {
                MappedMemory.map(path).sessions.single().hasDied shouldBe false
                it.finish()
            }
            MappedMemory.map(path).sessions.shouldBeEmpty()
            MappedMemory.verify(path).blocks shouldBe 0
        }

        test("one that is killed leaves the spans that it had") {
            val path = tempdir().toPath().resolve("file")
            MappedMemoryManager.create(path) {}.close()
            MappedNeighbourProcess(path, 4096, kept = 150).close()
            val left = MappedMemory.map(path)
            left.sessions.single().hasDied.shouldBeTrue()
            left.runs.count { it.session > 0 } shouldBeGreaterThan 9
            MappedMemoryManager.open(path) {}.use { it.recoveredSessions shouldBe 1 }
            MappedMemory.map(path).sessions.shouldBeEmpty()
        }

        test("what a file has beside its blocks follows from the format") {
            // 909 words and a line of the run before 909 blocks, and 6 bytes of the span left over, and a word beside.
            mappedOverhead(64) shouldBe ((65_536 - 909 * 64 + 8) / (909 * 64.0) plusOrMinus 1e-9)
            mappedOverhead(1024) shouldBe ((65_536 - 63 * 1024 + 8) / (63 * 1024.0) plusOrMinus 1e-9)
            mappedOverhead(64) shouldBeLessThan 0.13
        }
    }
}
