package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.typed.ChunkRing
import dev.leasehold.memory.typed.TypedMemoryClosedException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe

/** A ring's memory: another after a resize, and the same wherever it is found again. */
class ChunkRingMemorySpec : FunSpec() {
    private fun ChunkRing.put(value: Long, size: Long = 8) = tryWrite(size) { it.setLong(0, value) }

    private fun ChunkRing.rest(): List<Long> {
        val rest = ArrayList<Long>()
        drain { rest += it.getLong(0) }
        return rest
    }

    private fun copyOf(block: Block): Block {
        val copy = block.manager.allocate(block.size, 64)
        block.withSegment { from -> copy.withSegment { to -> from.copyTo(to) } }
        return copy
    }

    private fun withManager(action: (MemoryManager) -> Unit) {
        SystemMemoryManager("chunks").use { manager ->
            action(manager)
            manager.stats().used shouldBe 0
        }
    }

    init {
        test("a ring grows and shrinks with its chunks, in their order, wherever they wrap") {
            withManager { manager ->
                for (start in 0L until 16) {
                    val ring = ChunkRing(manager, 1.KiB)
                    repeat(start.toInt()) {
                        ring.put(0)
                        ring.rest()
                    }
                    for (value in 1L..4) ring.put(value, 60 * value).shouldBeTrue()
                    ring.resize(64.KiB)
                    ring.capacity shouldBe 64.KiB
                    ring.put(5, 20.KiB).shouldBeTrue()
                    ring.tryRead { it.getLong(0) shouldBe 1 }.shouldBeTrue()
                    ring.tryRead { it.size shouldBe 120 }.shouldBeTrue()
                    ring.tryRead { it.size shouldBe 180 }.shouldBeTrue()
                    ring.tryRead { it.size shouldBe 240 }.shouldBeTrue()
                    ring.tryRead { it.size shouldBe 20.KiB }.shouldBeTrue()
                    ring.put(6).shouldBeTrue()
                    ring.resize(100)
                    ring.capacity shouldBe 128
                    ring.rest() shouldContainExactly listOf(6L)
                    ring.close()
                }
            }
        }

        test("a full ring has room after it has grown, and what failed to be written is not copied") {
            withManager { manager ->
                val ring = ChunkRing(manager, 256)
                ring.put(1)
                shouldThrow<IllegalStateException> { ring.write(8) { error("no") } }
                ring.put(2)
                ring.put(3)
                ring.put(4).shouldBeFalse()
                ring.resize(512)
                ring.usedBytes shouldBe 3 * 64
                ring.put(4).shouldBeTrue()
                ring.rest() shouldContainExactly listOf(1L, 2L, 3L, 4L)
                ring.close()
            }
        }

        test("a large ring grows, too, and gives the old memory back") {
            withManager { manager ->
                val ring = ChunkRing(manager, 2.MiB)
                ring.put(1, 1.MiB).shouldBeTrue()
                ring.resize(8.MiB)
                manager.stats().blocks shouldBe 1
                ring.put(2, 4.MiB).shouldBeTrue()
                ring.rest() shouldContainExactly listOf(1L, 2L)
                ring.close()
            }
        }

        test("a view of the ring's memory, kept past a resize or the end, reaches no other's bytes") {
            withManager { manager ->
                for (capacity in longArrayOf(256, 64.KiB, 4.MiB)) {
                    val ring = ChunkRing(manager, capacity)
                    val kept = mutableListOf<Segment>(ring.block.keptSegment)
                    ring.resize(2 * capacity)
                    kept += ring.block.keptSegment
                    ring.close()
                    val others = List(40) { manager.allocateZeroed(capacity + 1.KiB) }
                    for (view in kept) {
                        try {
                            view.fill(-1)
                        } catch (_: ViewClosedException) {
                            // Cut off already: as good.
                        }
                    }
                    for (other in others) other.withSegment { it.getLong(512) shouldBe 0 }
                    others.forEach(Block::close)
                }
            }
        }

        test("a ring is opened again where it was left, with its chunks, also when it was closed") {
            withManager { manager ->
                val ring = ChunkRing(manager, 1.KiB, alignment = 32)
                repeat(25) {
                    ring.put(0)
                    ring.rest()
                }
                for (value in 1L..10) ring.put(value, 8 * value).shouldBeTrue()
                val released = ring.release()
                ring.isClosed.shouldBeTrue()
                shouldThrow<TypedMemoryClosedException> { ring.put(11) }
                shouldThrow<TypedMemoryClosedException> { ring.rest() }
                shouldThrow<TypedMemoryClosedException> { ring.release() }
                ring.close()
                val opened = ChunkRing.open(released)
                opened.alignment shouldBe 32
                opened.put(11).shouldBeTrue()
                opened.rest() shouldContainExactly (1L..11).toList()
                val block = opened.block.retain()
                opened.close()
                val again = ChunkRing.open(block)
                again.isClosed.shouldBeFalse()
                again.put(12).shouldBeTrue()
                again.rest() shouldContainExactly listOf(12L)
                again.close()
            }
        }

        test("it is the same at any address") {
            withManager { manager ->
                val ring = ChunkRing(manager, 1.KiB)
                for (value in 1L..10) ring.put(value)
                val copy = copyOf(ring.block)
                copy.address shouldNotBe ring.block.address
                val opened = ChunkRing.open(copy)
                ring.clear()
                ring.close()
                opened.rest() shouldContainExactly (1L..10).toList()
                opened.close()
            }
        }

        test("what was left in the middle of a write is skipped, and its room is free again") {
            withManager { manager ->
                for (start in 0 until 16) {
                    val ring = ChunkRing(manager, 1.KiB)
                    repeat(start) {
                        ring.put(0)
                        ring.rest()
                    }
                    lateinit var left: Block
                    ring.put(1)
                    ring.write(200) {
                        ring.put(2)
                        ring.write(300) {
                            ring.put(3)
                            left = copyOf(ring.block)
                        }
                    }
                    ring.clear()
                    ring.close()
                    val opened = ChunkRing.open(left)
                    opened.rest() shouldContainExactly listOf(1L, 2L, 3L)
                    opened.usedBytes shouldBe 0
                    opened.put(4, 512).shouldBeTrue()
                    opened.rest() shouldContainExactly listOf(4L)
                    opened.close()
                }
            }
        }

        test("what was left in the middle of a read is read again") {
            withManager { manager ->
                val ring = ChunkRing(manager, 1.KiB)
                for (value in 1L..6) ring.put(value)
                lateinit var left: Block
                ring.read {
                    ring.tryRead { ring.tryRead {} }
                    ring.tryRead { left = copyOf(ring.block) }
                }
                ring.clear()
                ring.close()
                val opened = ChunkRing.open(left)
                // The second and the third had been read to the end.
                opened.rest() shouldContainExactly listOf(1L, 4L, 5L, 6L)
                opened.usedBytes shouldBe 0
                opened.close()
            }
        }

        test("what was left when all was in the middle of a write is empty") {
            withManager { manager ->
                val ring = ChunkRing(manager, 256)
                lateinit var left: Block
                ring.write(128) { ring.write(128) { left = copyOf(ring.block) } }
                ring.clear()
                ring.close()
                val opened = ChunkRing.open(left)
                opened.rest() shouldContainExactly emptyList()
                opened.put(1, 128).shouldBeTrue()
                opened.put(2, 128).shouldBeTrue()
                opened.rest() shouldContainExactly listOf(1L, 2L)
                opened.close()
            }
        }
    }
}
