package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.GuardBytesException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldNotBeSameInstanceAs
import java.lang.foreign.MemorySegment

/** What a watched block keeps when something else happens to it. */
class WatchedBlockSpec : FunSpec() {
    private fun SystemMemoryManager.isEmpty() = stats().let { it.blocks == 0L && it.used == 0L }

    init {
        test("a resize that finds the old block damaged loses neither block") {
            SystemMemoryManager("resized") { checked = true }.use { manager ->
                val block = manager.allocate(100)
                MemorySegment.ofAddress(block.address).reinterpret(101).fill(7)
                val damage = shouldThrow<GuardBytesException> { block.resize(200).close() }
                damage.offset shouldBe 100
                block.isClosed shouldBe true
                manager.isEmpty() shouldBe true
            }
        }

        test("a block that another budget pays for keeps its guards when it grows") {
            MemoryBudget("other").use { other ->
                SystemMemoryManager("moved") { checked = true }.use { manager ->
                    // Its size class has more bytes, which only the guards use.
                    val block = manager.allocate(1000)
                    block.transferTo(other)
                    val grown = block.resize(1060)
                    grown shouldNotBeSameInstanceAs block
                    grown.withSegment { it.fill(7) }
                    grown.close()
                    manager.isEmpty() shouldBe true
                }
            }
        }

        test("a block that another budget pays for still says where it was allocated and closed") {
            MemoryBudget("other").use { other ->
                SystemMemoryManager("traced") { traceSites = true }.use { manager ->
                    val block = manager.allocate(1000)
                    block.transferTo(other)
                    block.close()
                    val message = shouldThrow<BlockClosedException> { block.close() }.message
                    message shouldContain "; allocated at dev.leasehold.memory.contract.manager.WatchedBlockSpec"
                    message shouldContain "; closed at dev.leasehold.memory.contract.manager.WatchedBlockSpec"
                }
            }
        }

        test("the end of a scope finds the damage that was done in it when another holder has closed meanwhile") {
            SystemMemoryManager("scoped") { checked = true }.use { manager ->
                val block = manager.allocate(100)
                val damage = shouldThrow<GuardBytesException> {
                    block.withSegment {
                        block.close()
                        MemorySegment.ofAddress(block.address).reinterpret(101).fill(7)
                    }
                }
                damage.offset shouldBe 100
                manager.isEmpty() shouldBe true
            }
        }
    }
}
