package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.GuardBytesException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.block.GuardBytes
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.mismatch
import dev.leasehold.memory.support.failureOn
import dev.leasehold.memory.support.onThread
import dev.leasehold.testing.await
import dev.leasehold.testing.logged
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldMatch
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

class CheckedManagerSpec : FunSpec({
    fun checked(name: String = "checked", configure: ManagerOptions.() -> Unit = {}) = SystemMemoryManager(name) {
        checked = true
        configure()
    }

    // As native code would see it: whatever lies around a block is within reach.
    fun around(block: Block): MemorySegment = MemorySegment.ofAddress(block.address - 64).reinterpret(block.size + 128)

    val sizes = listOf(1L, 16, 64, 100, 5000, 40_000, 1.MiB, 3.MiB)
    val site = "dev\\.leasehold\\.memory\\.contract\\.manager\\.CheckedManagerSpec.*\\(CheckedManagerSpec\\.kt:\\d+\\)"

    for (size in sizes) {
        test(
            "one byte before or behind a block of $size bytes is found when it is freed, with its place and its sites",
        ) {
            val manager = checked()
            val places = listOf(
                Triple(-64L, "before its start", 0x00),
                Triple(-1L, "before its start", 0x7F),
                Triple(size, "behind its end", 0xCD),
                Triple(size + 63, "behind its end", 0xFC),
            )
            for ((offset, where, value) in places) {
                val block = manager.allocate(size)
                around(block).set(JAVA_BYTE, 64 + offset, value.toByte())
                val failure = shouldThrow<GuardBytesException> { block.close() }
                failure.managerName shouldBe "checked"
                failure.size shouldBe size
                failure.offset shouldBe offset
                failure.message!! shouldMatch Regex(
                    "Block of ${bytes(size)} at 0x${block.address.toString(16)} from manager 'checked' was written " +
                        "outside of its bounds: 1 byte $where is overwritten, at offset $offset with " +
                        "0x${value.toByte().toHexString()}; native code, or a pointer made from an address, did that " +
                        "while the block was held; allocated at $site; closed at $site",
                )
                // It is freed all the same, once.
                block.isClosed shouldBe true
                manager.stats().blocks shouldBe 0
                manager.stats().used shouldBe 0
                shouldThrow<BlockClosedException> { block.close() }
            }
            manager.close()
            manager.stats().reserved shouldBe 0
        }
    }

    test("more than one overwritten byte is counted, of the guard that was written first in the order of addresses") {
        val manager = checked()
        val block = manager.allocate(100)
        around(block).asSlice(64 + 100 + 5, 7).fill(1)
        shouldThrow<GuardBytesException> { block.close() }.message!!.substringAfter("bounds: ")
            .substringBefore("; native") shouldBe
            "7 bytes behind its end are overwritten, the first at offset 105 with 0x01"
        val both = manager.allocate(100)
        around(both).fill(0)
        shouldThrow<GuardBytesException> {
            both.close()
        }.message!!.substringAfter("bounds: ").substringBefore("; native") shouldBe
            "64 bytes before its start are overwritten, the first at offset -64 with 0x00"
        manager.close()
    }

    test("an overwritten guard is found wherever the last reference goes: another thread, a scope's end, a resize") {
        val manager = checked()
        fun damaged(size: Long = 100) = manager.allocate(size).also { around(it).set(JAVA_BYTE, 64 + size, 0) }
        val travelling = damaged()
        failureOn("closer") { travelling.close() }?.javaClass shouldBe GuardBytesException::class.java
        val scoped = damaged()
        shouldThrow<GuardBytesException> { scoped.withSegment { scoped.close() } }
        val viewed = damaged().also { it.keptSegment.size shouldBe 100 }
        shouldThrow<GuardBytesException> { viewed.close() }
        val shared = damaged().retain()
        shared.close()
        shouldThrow<GuardBytesException> { shared.close() }
        shouldThrow<GuardBytesException> { damaged().resize(5000) }
        manager.stats().blocks shouldBe 0
        manager.close()
        manager.stats().reserved shouldBe 0
    }

    test("bytes are 0xCD until they are written and 0xDD when they are freed, and zeroed ones are zero") {
        val manager = checked()
        for (size in sizes) {
            val block = manager.allocate(size)
            val bytes = around(block).asSlice(64, size)
            bytes.shouldBeAll(0xCD)
            around(block).asSlice(0, 64).shouldBeAll(0xFD)
            around(block).asSlice(64 + size, 64).shouldBeAll(0xFD)
            block.withSegment { it.asMemorySegment().fill(1) }
            block.close()
            // What has a mapping of its own may be gone from the process by now.
            if (size < 1.MiB) bytes.shouldBeAll(0xDD)
            manager.allocateZeroed(size).use { zeroed -> zeroed.withSegment { it.asMemorySegment().shouldBeAll(0) } }
            manager.allocateZeroed(size, 256).use { zeroed ->
                zeroed.address % 256 shouldBe 0
                zeroed.withSegment { it.asMemorySegment().shouldBeAll(0) }
            }
        }
        manager.close()
    }

    test("a checked block always moves when it is resized, and keeps its bytes, its alignment and its guards") {
        val manager = checked()
        for (alignment in longArrayOf(1, 16, 64, 256, 4096)) {
            for ((from, to) in listOf(
                100L to 100L,
                100L to 90L,
                100L to 101L,
                5000L to 100_000L,
                100L to 2.MiB,
                2.MiB to 3.MiB,
            )) {
                val block = manager.allocate(from, alignment)
                block.withSegment { it.asMemorySegment().fill(5) }
                val view = block.asKeptMemorySegment()
                val next = block.resize(to, zeroed = true)
                (next === block) shouldBe false
                (next.address == block.address) shouldBe false
                block.isClosed shouldBe true
                shouldThrow<IllegalStateException> { view.get(JAVA_BYTE, 0) }
                next.address % alignment shouldBe 0
                next.size shouldBe to
                next.withSegment { segment ->
                    val bytes = segment.asMemorySegment()
                    bytes.asSlice(0, minOf(from, to)).shouldBeAll(5)
                    if (to > from) bytes.asSlice(from).shouldBeAll(0)
                }
                around(next).asSlice(64 + to, 64).shouldBeAll(0xFD)
                next.close()
            }
        }
        manager.stats().blocks shouldBe 0
        manager.close()
    }

    test("a checked block that another budget pays for moves when it is resized, and its guards stay whole") {
        val root = MemoryBudget.rootOf("app", 64.MiB)
        val to = MemoryBudget("to", 32.MiB, root)
        val manager = checked { budget = root }
        for (size in longArrayOf(100, 5000, 2.MiB)) {
            val block = manager.allocate(size)
            block.transferTo(to)
            val next = block.resize(size + 64)
            (next === block) shouldBe false
            to.used shouldBe 0
            next.withSegment { it.asMemorySegment().fill(1) }
            next.transferTo(to)
            next.close()
            to.used shouldBe 0
            val damaged = manager.allocate(size).apply { transferTo(to) }
            around(damaged).set(JAVA_BYTE, 64 + size, 0)
            shouldThrow<GuardBytesException> { damaged.close() }
            to.used shouldBe 0
            shouldThrow<BlockClosedException> { damaged.keptSegment }.message!! shouldMatch
                Regex(".* was used after its last reference had been given back; allocated at $site; closed at $site")
        }
        manager.close()
        root.used shouldBe 0
        to.close()
    }

    test("a block of the most bytes can be had, and not one more") {
        val manager = checked { limit = 1.MiB }
        manager.maxAllocation shouldBe 1.MiB - GuardBytes.LEAST_AROUND
        manager.allocate(manager.maxAllocation).close()
        shouldThrow<InvalidSizeException> { manager.allocate(manager.maxAllocation + 1) }
        manager.close()
    }

    test("blocks without bytes have no guards and cost nothing") {
        val manager = checked()
        val block = manager.allocate(0)
        manager.stats().reserved shouldBe 0
        block.close()
        shouldThrow<BlockClosedException> { block.close() }
        manager.close()
    }

    for (traced in listOf(false, true)) {
        val kind = if (traced) "traces sites" else "is checked"
        test("closing a manager that $kind lists what is allocated, the largest first, by its place") {
            val manager = SystemMemoryManager("dump") {
                if (traced) traceSites = true else checked = true
            }
            val small = List(53) { manager.allocate(64L) }
            val large = manager.allocate(100_000)
            val closed = manager.allocate(10_000)
            closed.close()
            val failure = shouldThrow<OutstandingBlocksException> { manager.close() }
            failure.count shouldBe 54
            val lines = failure.message!!.lines()
            lines.first() shouldBe
                "manager 'dump' is closed, and 54 blocks of ${bytes(failure.bytes)} are allocated; they " +
                "free their memory as they are closed:"
            lines.size shouldBe 3
            val taken = "allocated at $site by thread '.*' \\(#\\d+\\)"
            lines[1] shouldMatch Regex("  1 block of 100,000 bytes $taken \\d+ m?s ago")
            lines[2] shouldMatch Regex("  53 blocks of 3,392 bytes $taken, the oldest \\d+ m?s ago")
            (small + large).forEach(Block::close)
            manager.stats().reserved shouldBe 0
        }
    }

    test("a traced block that is resized where it lies is listed with its new size") {
        val manager = SystemMemoryManager("dump") { traceSites = true }
        val block = manager.allocate(100)
        (block.resize(110) === block) shouldBe true
        shouldThrow<OutstandingBlocksException> {
            manager.close()
        }.message!!.lines()[1].substringBefore(" alloc") shouldBe
            "  1 block of 110 bytes"
        block.close()
    }

    test("a damaged block that was taken back by a clear fails no close, and is not listed any more") {
        val manager = checked()
        val block = manager.allocate(100)
        around(block).fill(0)
        manager.clear()
        block.close()
        manager.close()
        manager.stats().reserved shouldBe 0
    }

    test("a block of a manager that traces names where it was allocated and closed") {
        val manager = SystemMemoryManager("sites") { traceSites = true }
        val block = manager.allocate(10)
        onThread("closer") { block.close() }
        shouldThrow<BlockClosedException> { block.close() }.message!! shouldMatch Regex(
            "Block of 10 bytes at 0x[0-9a-f]+ from manager 'sites' was closed after its last reference had been " +
                "given back: close once for the allocation and once for each retain; allocated at $site; " +
                "closed at $site",
        )
        manager.close()
    }

    test("a forgotten block is reported once with its site, and one that was closed or taken back never is") {
        val manager = SystemMemoryManager("forgetful") { traceSites = true }
        val reports = logged("from manager 'forgetful' was never closed") { records ->
            val kept = ArrayList<Any>()
            onThread("tidy") {
                repeat(50) { manager.allocate(70).close() }
                repeat(50) { kept += manager.allocate(71).also { block -> block.withSegment { it.setByte(0, 1) } } }
            }
            manager.clear()
            kept.clear()
            onThread("forgetter") { manager.allocate(77).withSegment { it.setByte(0, 1) } }
            await("one report") {
                System.gc()
                records.isNotEmpty()
            }
            System.gc()
            Thread.sleep(50)
        }
        reports.size shouldBe 1
        reports.single() shouldMatch Regex(
            "LEAK: a block of 77 bytes from manager 'forgetful' was never closed; allocated at $site by thread " +
                "'forgetter' \\(#\\d+\\), \\d+ m?s ago; its bytes have gone back; others from there are counted and " +
                "not logged: close it where it is no longer used, with use \\{ \\} or try and finally",
        )
        manager.stats().blocks shouldBe 0
        manager.clear()
        manager.close()
    }
})

private fun MemorySegment.shouldBeAll(value: Int) {
    for (at in longArrayOf(0, byteSize() / 2, byteSize() - 1)) get(JAVA_BYTE, at) shouldBe value.toByte()
    if (byteSize() > 1) asSlice(1).mismatch(asSlice(0, byteSize() - 1)) shouldBe -1
}
