package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.GiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.support.shouldBeExactly
import io.kotest.core.spec.style.StringSpec
import io.kotest.matchers.longs.shouldBeExactly
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.lang.foreign.MemoryLayout
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_LONG

class ManagerSizesSpec :
    StringSpec({
        "one block may be larger than 2 GiB, and grow beyond 3" {
            SystemMemoryManager("large").use { manager ->
                val last = 2.GiB + 4095
                // Untouched pages cost address space only.
                var block = manager.allocate(last + 1)
                block.withSegment {
                    it.setByte(0, 1)
                    it.setByte(last, 2)
                }
                block = block.resize(3.GiB + 1)
                block.withSegment {
                    it.size shouldBeExactly 3.GiB + 1
                    it.setByte(3.GiB, 3)
                    it.getByte(0) + it.getByte(last) + it.getByte(3.GiB) shouldBe 6
                }
                block.close()
                manager.stats().reserved shouldBeExactly 0
            }
        }

        "64 MiB fit again after small blocks have taken and left the space" {
            SystemMemoryManager("churned") { limit = 80.MiB }.use { manager ->
                repeat(2) {
                    manager.allocate(64.MiB).close()
                    val small = ArrayList<Block>()
                    while (manager.stats().used < 70.MiB) {
                        repeat(500) { small += manager.allocate(1000L + small.size % 3000) }
                    }
                    // Every second one first, so that what is free lies in pieces.
                    small.filterIndexed { index, _ -> index % 2 == 0 }.forEach(Block::close)
                    small.filterIndexed { index, _ -> index % 2 == 1 }.forEach(Block::close)
                }
                manager.allocate(64.MiB).close()
            }
        }

        "what the caches of threads hold is counted by the budget" {
            val budget = MemoryBudget("cached")
            val manager = SystemMemoryManager("caches") { this.budget = budget }
            manager.allocate(1000).close()
            manager.stats().used shouldBeExactly 0
            budget.used shouldBeGreaterThan 0
            budget.used shouldBeExactly manager.stats().reserved
            manager.close()
            budget.used shouldBeExactly 0
            budget.close()
        }

        "elements of a layout lie one behind the other at their alignment, padding included" {
            SystemMemoryManager("layouts").use { manager ->
                val padded = MemoryLayout.structLayout(JAVA_LONG, JAVA_BYTE)
                manager.allocate(padded, 10).use {
                    it.size shouldBeExactly 160
                    it.address % 8 shouldBeExactly 0
                }
                manager.allocate(padded.withByteAlignment(256)).use { it.address % 256 shouldBeExactly 0 }
            }
        }
    })
