package dev.leasehold.memory.netty

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.diagnostics.LeakDetection
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import program.orderBody

class BufferSitesSpec : FunSpec() {
    private fun withAdapters(action: () -> Unit) {
        val before = LeakDetection.adapters
        LeakDetection.adapters = setOf("io.netty.")
        try {
            action()
        } finally {
            LeakDetection.adapters = before
        }
    }

    init {
        test("a pool that traces sites names the line that called Netty") {
            withAdapters {
                val pool = MemoryPool.isolated("orders") { traceSites = true }
                val buffer = orderBody(pool.asByteBufAllocator())
                shouldThrow<OutstandingLeasesException> { pool.close() }.message shouldContain "Caller.kt"
                buffer.release()
            }
        }

        test("where all are watched, a dump names it too, and nothing is listed after the release") {
            val before = LeakDetection.sampleEvery
            LeakDetection.sampleEvery = 1
            try {
                withAdapters {
                    MemoryPool.isolated("watched").use { pool ->
                        val buffer = orderBody(pool.asByteBufAllocator())
                        LeakDetection.dump().of("watched").single().site shouldContain "Caller.kt"
                        buffer.release()
                        LeakDetection.dump().of("watched").size shouldBe 0
                    }
                }
            } finally {
                LeakDetection.sampleEvery = before
            }
        }
    }
}
