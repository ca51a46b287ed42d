package dev.leasehold.benchmarks.fragmentation

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe

private const val MIB = 1L shl 20

private fun sample(live: Long, resident: Long) = ResidentSample(live * MIB, null, resident * MIB)

class ResidentSamplesSpec : FunSpec() {
    init {
        test("the bar is 1.3 times what lives, and 16 MiB") {
            sample(100, 146).isWithinBar shouldBe true
            sample(100, 147).isWithinBar shouldBe false
            sample(0, 16).isWithinBar shouldBe true
            sample(0, 17).isWithinBar shouldBe false
        }

        test("the largest, the furthest from the bar and the last are kept, and those within the bar are counted") {
            val samples = ResidentSamples()
            val all = listOf(sample(100, 140), sample(200, 250), sample(10, 60), sample(50, 60))
            all.forEach(samples::add)
            samples.peak shouldBe all[1]
            samples.worst shouldBe all[2]
            samples.last shouldBe all[3]
            samples.percentWithinBar shouldBe 75
        }

        test("memory that was written is resident").config(enabledIf = { residentBytes() != null }) {
            val heap = GlibcHeap()
            val before = residentBytes().shouldNotBeNull()
            val block = heap.allocate(64 shl 20)
            try {
                residentBytes().shouldNotBeNull() - before shouldBeGreaterThan 48 * MIB
            } finally {
                heap.free(block)
            }
        }
    }
}
