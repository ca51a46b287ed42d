package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.support.shouldBeExactly
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.StringSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.longs.shouldBeExactly
import io.kotest.matchers.shouldBe

class BlockSpec :
    StringSpec({
        "a block is freed when the last reference goes, and not before" {
            SystemMemoryManager("one").use { manager ->
                val block = manager.allocate(1024)
                block.retain()
                block.close()
                block.isClosed.shouldBeFalse()
                block.refCount shouldBe 1
                manager.stats().blocks shouldBeExactly 1
                block.close()
                block.isClosed.shouldBeTrue()
                manager.stats().blocks shouldBeExactly 0
                shouldThrow<BlockClosedException> { block.retain() }
                shouldThrow<BlockClosedException> { block.close() }
                shouldThrow<BlockClosedException> { block.keptSegment }
                shouldThrow<BlockClosedException> { block.withSegment { it.size } }
            }
        }

        "a block travels: retained, used and closed on another thread" {
            SystemMemoryManager("travel").use { manager ->
                val block = manager.allocate(1024)
                block.keptSegment.setInt(8, 42)
                block.retain()
                var seen = 0
                Thread.ofPlatform().start {
                    seen = block.withSegment { it.getInt(8) }
                    block.close()
                }.join()
                seen shouldBe 42
                block.keptSegment.getInt(8) shouldBe 42
                block.close()
                manager.stats().blocks shouldBeExactly 0
            }
        }

        "a block without bytes costs nothing and can be closed" {
            SystemMemoryManager("empty").use { manager ->
                val block = manager.allocate(0)
                block.keptSegment.size shouldBeExactly 0
                block.withSegment { it.size } shouldBeExactly 0
                manager.stats().reserved shouldBeExactly 0
                block.close()
                shouldThrow<BlockClosedException> { block.close() }
            }
        }
    })
