package dev.leasehold.memory.contract.permanent

import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.samples.permanentMemory
import dev.leasehold.memory.samples.permanentTable
import dev.leasehold.memory.samples.processMemory
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import java.lang.foreign.Linker

/** What the documentation of permanent memory shows does what it says. */
class PermanentSamplesSpec : FunSpec({
    test("a table lies within reach of a function") {
        val malloc = Linker.nativeLinker().defaultLookup().find("malloc").get().address()
        permanentMemory(malloc) shouldBe "a table for generated code"
    }

    test("words are found in a table") {
        permanentTable() shouldBe listOf("lease", "block")
    }

    test("the memory of a process is seen from outside") {
        PermanentMemory.obtain(1_000).append(ByteArray(1_000))
        processMemory(ProcessHandle.current().pid()) shouldBeGreaterThanOrEqual 1_000
    }
})
