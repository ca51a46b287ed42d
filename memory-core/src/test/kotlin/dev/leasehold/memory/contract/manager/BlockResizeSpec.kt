package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.access
import dev.leasehold.memory.allocate
import dev.leasehold.memory.copy
import dev.leasehold.memory.support.fillWith
import dev.leasehold.memory.support.shouldBeExactly
import dev.leasehold.memory.support.shouldHold
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.StringSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.longs.shouldBeExactly
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.kotest.matchers.types.shouldNotBeSameInstanceAs
import kotlin.random.Random

class BlockResizeSpec :
    StringSpec({
        fun Block.fillWith(seed: Int) = withSegment { s -> for (at in 0 until s.size) s.setByte(at, pattern(seed, at)) }

        fun Block.shouldHold(seed: Int, bytes: Long) = withSegment { s ->
            for (at in 0 until bytes) {
                if (s.getByte(at) != pattern(seed, at)) throw AssertionError("byte $at of $this is ${s.getByte(at)}")
            }
        }

        fun Block.shouldBeZeroFrom(offset: Long) = withSegment { s ->
            for (at in offset until s.size) if (s.getByte(at) != 0.toByte()) throw AssertionError("byte $at of $this")
        }

        "a small block grows within its size class where it lies" {
            SystemMemoryManager("class").use { manager ->
                val block = manager.allocate(1000)
                block.fillWith(1)
                val grown = block.resize(1024)
                grown shouldBeSameInstanceAs block
                grown.size shouldBeExactly 1024
                grown.shouldHold(1, 1000)
                grown.close()
            }
        }

        "a block that must move leaves the old one closed when the caller was its only holder" {
            SystemMemoryManager("move").use { manager ->
                val block = manager.allocate(100)
                block.fillWith(2)
                val grown = block.resize(5000, zeroed = true)
                grown shouldNotBeSameInstanceAs block
                block.isClosed.shouldBeTrue()
                grown.shouldHold(2, 100)
                grown.shouldBeZeroFrom(100)
                grown.close()
                manager.stats().blocks shouldBeExactly 0
            }
        }

        "a block that must move stays with its other holders as it was" {
            SystemMemoryManager("shared").use { manager ->
                for (size in listOf(100L, 2 * MIB)) {
                    val block = manager.allocate(size)
                    block.fillWith(3)
                    block.retain()
                    val kept = block.keptSegment
                    val grown = block.resize(200 * MIB)
                    grown shouldNotBeSameInstanceAs block
                    block.isClosed.shouldBeFalse()
                    block.refCount shouldBe 1
                    block.size shouldBeExactly size
                    kept.getByte(7) shouldBe pattern(3, 7)
                    block.shouldHold(3, size)
                    grown.shouldHold(3, size)
                    grown.close()
                    block.close()
                }
                manager.stats().blocks shouldBeExactly 0
            }
        }

        "a block of pages grows in place when those behind it are free, for all holders" {
            SystemMemoryManager("span").use { manager ->
                val block = manager.allocate(64.KiB)
                block.fillWith(4)
                block.retain()
                val kept = block.keptSegment
                val grown = block.resize(128.KiB, zeroed = true)
                grown shouldBeSameInstanceAs block
                kept.size shouldBeExactly 64.KiB
                block.keptSegment.size shouldBeExactly 128.KiB
                block.shouldHold(4, 64.KiB)
                block.shouldBeZeroFrom(64.KiB)
                manager.stats().used shouldBeExactly 128.KiB
                block.close()
                block.close()
                manager.stats().used shouldBeExactly 0
            }
        }

        "a block of pages gives its tail back when it shrinks, unless it can still be reached" {
            SystemMemoryManager("shrink").use { manager ->
                val block = manager.allocate(512.KiB)
                val shrunk = block.resize(64.KiB)
                shrunk shouldBeSameInstanceAs block
                manager.stats().used shouldBeExactly 64.KiB
                shrunk.close()

                val viewed = manager.allocate(512.KiB)
                val view = viewed.keptSegment
                viewed.resize(64.KiB) shouldBeSameInstanceAs viewed
                manager.stats().used shouldBeExactly 512.KiB
                view.getByte(500.KiB)
                viewed.keptSegment.size shouldBeExactly 64.KiB
                viewed.close()
                manager.stats().used shouldBeExactly 0
            }
        }

        "a large block grows without a copy, and its old views are cut off" {
            SystemMemoryManager("large").use { manager ->
                val block = manager.allocate(8 * MIB)
                block.fillWith(5)
                val kept = block.keptSegment
                // Behind this one there is no room to grow in place.
                val grown = block.resize(64 * MIB, zeroed = true)
                grown.shouldHold(5, 8 * MIB)
                grown.shouldBeZeroFrom(8 * MIB)
                if (grown !== block) {
                    block.isClosed.shouldBeTrue()
                    shouldThrow<ViewClosedException> { kept.getByte(0) }
                }
                manager.stats().used shouldBeExactly 64 * MIB
                val shrunk = grown.resize(2 * MIB)
                shrunk.shouldHold(5, 2 * MIB)
                manager.stats().used shouldBeExactly 2 * MIB
                shrunk.close()
                manager.stats().used shouldBeExactly 0
            }
        }

        "a zeroed tail is zero although the memory was used before" {
            SystemMemoryManager("tail").use { manager ->
                for (size in listOf(10L, 1000L, 40.KiB, 3 * MIB)) {
                    val dirty = manager.allocate(4 * size)
                    dirty.fillWith(6)
                    dirty.close()
                    val block = manager.allocate(size)
                    block.fillWith(7)
                    val shrunk = block.resize(size / 2)
                    val grown = shrunk.resize(4 * size, zeroed = true)
                    withClue("from $size") {
                        grown.shouldHold(7, size / 2)
                        grown.shouldBeZeroFrom(size / 2)
                    }
                    grown.close()
                }
            }
        }

        "a resize keeps the requested alignment" {
            SystemMemoryManager("aligned").use { manager ->
                var block = manager.allocate(100, 4096)
                for (size in listOf(5000L, 300L, 70_000L, 3 * MIB)) {
                    block = block.resize(size)
                    block.address % 4096 shouldBeExactly 0
                }
                block.close()
            }
        }

        "a refused resize changes nothing" {
            SystemMemoryManager("limited") { limit = 8 * MIB }.use { manager ->
                val block = manager.allocate(2 * MIB)
                block.fillWith(8)
                val size = shouldThrow<InvalidSizeException> { block.resize(9 * MIB) }
                size.message shouldContain "its limit is 8,388,608 bytes"
                shouldThrow<InvalidSizeException> { block.resize(-1) }
                val other = manager.allocate(4 * MIB)
                shouldThrow<MemoryExhaustedException> { block.resize(5 * MIB) }
                block.size shouldBeExactly 2 * MIB
                block.refCount shouldBe 1
                block.shouldHold(8, 2 * MIB)
                other.close()
                val grown = block.resize(5 * MIB)
                grown.shouldHold(8, 2 * MIB)
                grown.close()
                manager.stats().used shouldBeExactly 0
            }
        }

        "a scoped access keeps a block where it is while it is resized" {
            SystemMemoryManager("scoped").use { manager ->
                val block = manager.allocate(2 * MIB)
                var grown: Block? = null
                block.withSegment { s ->
                    s.setInt(0, 99)
                    grown = block.resize(200 * MIB)
                    s.getInt(0) shouldBe 99
                }
                grown!!.withSegment { it.getInt(0) } shouldBe 99
                grown.close()
                if (grown !== block) block.isClosed.shouldBeTrue()
                manager.stats().blocks shouldBeExactly 0
            }
        }

        "any walk of sizes keeps the content up to the smallest size in between" {
            SystemMemoryManager("walk").use { manager ->
                val random = Random(42)
                repeat(40) { seed ->
                    var block = manager.allocate(random.nextLong(1, 100_000))
                    block.fillWith(seed)
                    var kept = block.size
                    repeat(12) {
                        val size = random.nextLong(0, 1L shl random.nextInt(1, 23))
                        block = block.resize(size)
                        kept = minOf(kept, size)
                        block.size shouldBeExactly size
                        block.shouldHold(seed, kept)
                    }
                    block.close()
                }
                manager.stats().used shouldBeExactly 0
                manager.trim()
                manager.stats().reserved shouldBeLessThan 1 * MIB
            }
        }

        "a closed block cannot be resized" {
            SystemMemoryManager("closed").use { manager ->
                val block = manager.allocate(10)
                block.close()
                shouldThrow<BlockClosedException> { block.resize(20) }
                shouldThrow<BlockClosedException> { block.close() }
            }
        }
    })

private const val MIB = 1L shl 20

private fun pattern(seed: Int, at: Long): Byte = (seed * 31 + at * 7 + (at ushr 8)).toByte()
