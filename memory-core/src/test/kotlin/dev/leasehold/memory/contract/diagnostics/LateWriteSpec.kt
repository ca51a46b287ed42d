package dev.leasehold.memory.contract.diagnostics

import dev.leasehold.memory.Hygiene
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.diagnostics.LeakDetection
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.onThread
import dev.leasehold.testing.logged
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldMatch
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import kotlin.time.Duration.Companion.seconds

/** Writes through a raw address into memory whose holder has closed it. */
class LateWriteSpec : FunSpec() {
    private fun write(address: Long, offset: Long) =
        MemorySegment.ofAddress(address).reinterpret(offset + 1).set(JAVA_BYTE, offset, 7)

    private fun looking(action: () -> Unit): List<String> = logged("LATE WRITE: ") {
        val every = LeakDetection.sampleEvery
        LeakDetection.sampleEvery = 1
        LeakDetection.findsLateWrites = true
        try {
            action()
        } finally {
            LeakDetection.findsLateWrites = false
            LeakDetection.sampleEvery = every
        }
    }.toList()

    private fun found(what: String, offset: Long, size: String) = Regex(
        "LATE WRITE: 1 byte of $what was overwritten after its close, at offset $offset of $size with 0x07: native " +
            "code, or a pointer made from an address, did that; (rented|allocated) at .*\\(LateWriteSpec.kt:\\d+\\); " +
            "closed at .*\\(LateWriteSpec.kt:\\d+\\)",
    )

    init {
        test("a write into the memory of a closed lease is reported with who had it") {
            val pool = MemoryPool.isolated("late")
            val records = looking {
                val lease = pool.rent(100)
                val address = lease.asMemorySegment().address()
                lease.close()
                write(address, 5)
                pool.trim()
                pool.stats().used shouldBe 0
            }
            records.single() shouldMatch found("a lease of 100 bytes from pool 'late'", 5, "100 bytes")
            pool.close()
        }

        test("so is one into a shared lease that another thread closed, a chunk, and a block") {
            val pool = MemoryPool.isolated("late, shared") { hygiene = Hygiene.ZERO_ON_CLOSE }
            val chunks = MemoryPool.fixed("late chunks", 1.KiB, 4)
            val manager = SystemMemoryManager("late blocks")
            val records = looking {
                val shared = pool.rentShared(200)
                val address = shared.withSegment { it.asMemorySegment().address() }
                onThread("closer") { shared.close() }
                write(address, 0)
                val chunk = chunks.rent(300)
                val chunkAddress = chunk.asMemorySegment().address()
                chunk.close()
                write(chunkAddress, 299)
                val block = manager.allocate(400)
                block.close()
                write(block.address, 7)
                // Each is looked at when the memory is wanted, or the figures are.
                pool.stats().used shouldBe 0
                chunks.stats().used shouldBe 0
                manager.stats().used shouldBe 0
            }
            records.size shouldBe 3
            records[0] shouldMatch found("a lease of 200 bytes from pool 'late, shared'", 0, "200 bytes")
            records[1] shouldMatch found("a lease of 300 bytes from pool 'late chunks'", 299, "300 bytes")
            records[2] shouldMatch found("a block of 400 bytes from manager 'late blocks'", 7, "400 bytes")
            pool.close()
            chunks.close()
            manager.close()
        }

        test("who closes in time is never reported, and nothing is kept from the next") {
            val chunks = MemoryPool.fixed("one chunk", 1.KiB, 1)
            val pool = MemoryPool.isolated("in time")
            val manager = SystemMemoryManager("in time, cleared")
            val records = looking {
                repeat(100) {
                    chunks.rent(1000).use { it.asMemorySegment().fill(it.hashCode().toByte()) }
                    pool.rent(1000).use { lease -> lease.asMemorySegment().fill(1) }
                    pool.rentShared(1.KiB).use { lease -> lease.withSegment { it.fill(1) } }
                    manager.allocate(100).close()
                }
                val held = chunks.rent(1000)
                val waiter = Thread.ofPlatform().start { chunks.rent(10, 20.seconds).close() }
                while (chunks.stats().waiters == 0) Thread.sleep(1)
                onThread("other") { pool.rent(10).close() }
                held.close()
                waiter.join()
                manager.clear()
                manager.stats().used shouldBe 0
            }
            records shouldBe emptyList()
            chunks.stats().used shouldBe 0
            chunks.close()
            pool.close()
            manager.close()
        }

        test("nothing is looked for unless that was said") {
            val pool = MemoryPool.isolated("not looked at") { traceSites = true }
            val records = logged("LATE WRITE: ") {
                val lease = pool.rent(100)
                val address = lease.asMemorySegment().address()
                lease.close()
                write(address, 5)
                pool.trim()
            }
            records.toList() shouldBe emptyList()
            pool.close()
        }
    }
}
