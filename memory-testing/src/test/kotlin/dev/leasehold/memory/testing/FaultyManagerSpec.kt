package dev.leasehold.memory.testing

import dev.leasehold.memory.Block
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe

class FaultyManagerSpec : FunSpec() {
    private fun refusal(work: () -> AutoCloseable): String? =
        shouldThrow<MemoryExhaustedException> { work().close() }.message

    init {
        for (checked in listOf(false, true)) {
            val kind = if (checked) "checked manager" else "manager"
            test("every form of allocate is refused, in a $kind") {
                FaultyMemory { refuseAll() }.manager("cache") { this.checked = checked }.use { manager ->
                    refusal { manager.allocate(100) }.shouldNotBeNull()
                    refusal { manager.allocate(100, alignment = 64) }.shouldNotBeNull()
                    refusal { manager.allocateZeroed(100) }.shouldNotBeNull()
                    refusal { manager.allocatePages(2) }.shouldNotBeNull()
                    // With its guard bytes, where it has such.
                    refusal { manager.allocate(2.MiB) } shouldBe
                        "manager 'cache': ${if (checked) "2,097,280" else "2,097,152"} bytes requested, and call 5 " +
                        "is refused by the script of its FaultyMemory: change the script to let it through"
                    manager.stats().used shouldBe 0
                }
            }
        }

        test("a resize that must move its block is a call, one in place is none") {
            val faulty = FaultyMemory { refuseAll(after = 1) }
            faulty.manager("cache").use { manager ->
                val block = manager.allocate(100)
                block.withSegment { it.setInt(0, 42) }
                block.resize(101) // of the same size class
                faulty.calls shouldBe 1
                shouldThrow<MemoryExhaustedException> { block.resize(100_000) }
                block.withSegment { it.getInt(0) } shouldBe 42
                block.size shouldBe 101
                block.close()
            }
        }

        test("a block without bytes is no call") {
            val faulty = FaultyMemory { refuseAll() }
            faulty.manager("cache").use { it.allocate(0).close() }
            faulty.calls shouldBe 0
        }

        test("the script goes on when the manager has been cleared") {
            val faulty = FaultyMemory { refuse(call = 3) }
            faulty.manager("cache").use { manager ->
                manager.allocate(100)
                manager.clear()
                manager.stats().used shouldBe 0
                manager.allocate(100).close()
                refusal { manager.allocate(100) }.shouldNotBeNull()
            }
        }

        test("pages are found, and blocks counted, as in any manager") {
            val manager = FaultyMemory().manager("cache") { limit = 8.MiB }
            val pages = manager.allocatePages(2)
            manager.findPages(pages.id + 1).shouldNotBeNull().close()
            pages.close()
            val block = manager.allocate(100)
            shouldThrow<OutstandingBlocksException> { manager.close() }.bytes shouldBeGreaterThanOrEqualTo 100
            block.close()
            shouldThrow<ManagerClosedException> { manager.allocate(100) }
        }

        test("where the system lends no pages, what lies idle is still found") {
            val faulty = FaultyMemory { refusePages(after = 1) }
            faulty.manager("cache").use { manager: MemoryManager ->
                manager.allocate(100).use { block ->
                    manager.allocate(100).close()
                    refusal { manager.allocate(64.MiB) } shouldBe
                        "manager 'cache': the system refused memory for 67,108,864 bytes (${reserved(manager)} bytes " +
                        "reserved, ${block.memory} used): the script of its FaultyMemory lets it lend no pages; " +
                        "close blocks sooner, or change the script"
                }
                faulty.script {}
                manager.allocate(64.MiB).close()
            }
        }

        test("where the system lends no pages, a block cannot grow, and keeps its bytes") {
            val faulty = FaultyMemory()
            faulty.manager("cache").use { manager ->
                manager.allocate(2.MiB).use { block ->
                    block.withSegment { it.setInt(0, 42) }
                    faulty.script { refusePages() }
                    shouldThrow<MemoryExhaustedException> { block.resize(64.MiB) }
                    block.withSegment { it.getInt(0) } shouldBe 42
                }
            }
        }

        test("where the system lends no pages, there is no pool of chunks") {
            shouldThrow<MemoryExhaustedException> {
                FaultyMemory { refusePages() }.fixed("frames", blockSize = 100, blockCount = 10).close()
            }.message shouldBe
                "pool 'frames': the system refused memory for 4,096 bytes (0 bytes reserved, 0 bytes used): the " +
                "script of its FaultyMemory lets it lend no pages; close leases sooner, or change the script"
        }
    }

    private fun reserved(manager: MemoryManager) = "%,d".format(manager.stats().reserved)
}

private val Block.memory: String get() = "${manager.stats().used} bytes"
