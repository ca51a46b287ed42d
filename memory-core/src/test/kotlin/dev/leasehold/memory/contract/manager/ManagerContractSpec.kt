package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.support.ManagerFixtures
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.lang.foreign.ValueLayout.JAVA_BYTE

class ManagerContractSpec : FunSpec({
    for (fixture in ManagerFixtures.all) {
        context(fixture.name) {
            for (check in ManagerContract.checks) test(check.sentence) { check.run(fixture) }
        }
    }

    test("a block may have more than two gibibytes") {
        val manager = SystemMemoryManager("large")
        val size = 2_200L * 1024 * 1024 + 3
        val block = manager.allocate(size)
        block.size shouldBe size
        block.address % 64 shouldBe 0
        block.withSegment { segment ->
            val view = segment.asMemorySegment()
            view.set(JAVA_BYTE, 0, 1)
            view.set(JAVA_BYTE, size - 1, 2)
            view.get(JAVA_BYTE, 0) shouldBe 1
        }
        block.asKeptMemorySegment().get(JAVA_BYTE, size - 1) shouldBe 2
        shouldThrow<SegmentSizeException> { block.asKeptByteBuffer() }
        manager.stats().used shouldBeGreaterThan size
        manager.stats().used shouldBeLessThan size + 4096
        block.close()
        manager.stats().used shouldBe 0
        manager.close()
        manager.stats().reserved shouldBe 0
    }

    test("the system manager is one") {
        (MemoryManager.system() === MemoryManager.system()) shouldBe true
        MemoryManager.system().limit shouldBe Long.MAX_VALUE
        MemoryManager.system().allocate(8).use { it.manager } shouldBe MemoryManager.system()
    }

    test("managers know nothing of each other's blocks and figures") {
        val first = SystemMemoryManager("first")
        val second = SystemMemoryManager("second") { limit = 1.MiB }
        val block = first.allocate(1000)
        second.stats().allocations shouldBe 0
        second.stats().peak shouldBe 0
        second.close()
        block.withSegment { it.asMemorySegment().fill(1) }
        block.close()
        first.close()
        first.stats().reserved shouldBe 0
    }

    test("options that are changed after the manager was made change nothing") {
        lateinit var kept: ManagerOptions
        val manager = SystemMemoryManager("frozen") {
            limit = 1.MiB
            kept = this
        }
        kept.limit = 4096
        manager.limit shouldBe 1.MiB
        manager.allocate(1.MiB).close()
        manager.close()
    }
})
