package dev.leasehold.memory.arrow

import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.diagnostics.LeakDetection
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.string.shouldContain
import program.priceColumn

class BufferSitesSpec : FunSpec() {
    init {
        test("a manager that traces sites names the line that called Arrow") {
            val before = LeakDetection.adapters
            LeakDetection.adapters = setOf("org.apache.arrow.")
            try {
                val manager = SystemMemoryManager("columns") { traceSites = true }
                manager.newRootAllocator().use { allocator ->
                    val buffer = priceColumn(allocator)
                    shouldThrow<OutstandingBlocksException> { manager.close() }.message shouldContain "Caller.kt"
                    buffer.close()
                }
            } finally {
                LeakDetection.adapters = before
            }
        }
    }
}
