package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.KiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.samples.countedBlock
import dev.leasehold.memory.samples.damagedBlock
import dev.leasehold.memory.samples.growingBuffer
import dev.leasehold.memory.samples.managerUnderABudget
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.lang.foreign.MemorySegment

/** What the documentation of blocks and managers shows does what it says. */
class BlockSamplesSpec : FunSpec() {
    init {
        test("a block is handed to a thread that gives its own reference back") {
            SystemMemoryManager("samples").use { countedBlock(it) shouldBe 42 }
        }

        test("a buffer grows as it is filled") {
            SystemMemoryManager("samples").use { growingBuffer(it, LongArray(1000) { i -> i.toLong() }) shouldBe 8.KiB }
        }

        test("a manager's memory counts in its budget") {
            val reports = mutableListOf<String>()
            managerUnderABudget { reports += it }
            reports.single() shouldContain "manager index"
        }

        test("a write behind a block's end is found at its last close") {
            val offset = damagedBlock { address, bytes -> MemorySegment.ofAddress(address).reinterpret(bytes).fill(7) }
            offset shouldBe 100
        }
    }
}
