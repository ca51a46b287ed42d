package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.InvalidTimeoutException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.support.ScriptedPlatform
import dev.leasehold.memory.typed.ChunkRing
import dev.leasehold.memory.typed.ChunkTimeoutException
import dev.leasehold.memory.typed.ElementLayoutException
import dev.leasehold.memory.typed.TypedMemoryClosedException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.shouldBe
import java.util.Locale
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** What a ring of chunks refuses, word for word, and that nothing has changed then. */
class ChunkRingMisusesSpec : FunSpec() {
    private fun withRing(capacity: Long = 1.KiB, action: (ChunkRing) -> Unit) {
        SystemMemoryManager("chunks").use { manager ->
            ChunkRing(manager, capacity).use { ring ->
                action(ring)
                ring.clear()
            }
            manager.stats().used shouldBe 0
        }
    }

    private fun ChunkRing.fill() {
        while (tryWrite(8) { it.setLong(0, 7) }) continue
    }

    init {
        test("a size that no chunk can have is refused") {
            withRing { ring ->
                val write: (Long) -> Unit = { size -> ring.write(size) { error("not to be filled") } }
                shouldThrow<InvalidSizeException> { write(-1) }.message shouldBe
                    "chunk ring of manager 'chunks': a chunk's size must not be negative, and was -1 bytes"
                val tooLarge = shouldThrow<InvalidSizeException> { write(513) }
                tooLarge.message shouldBe "chunk ring of manager 'chunks': a chunk of 513 bytes requested, and a " +
                    "ring of 1,024 bytes has chunks of at most 512 bytes: write less at a time, or make the ring larger"
                tooLarge.size shouldBe 513
                ring.usedBytes shouldBe 0
            }
        }

        test("a ring that cannot be is refused before anything is allocated") {
            SystemMemoryManager("chunks").use { manager ->
                for (capacity in longArrayOf(0, -5)) {
                    shouldThrow<InvalidSizeException> { ChunkRing(manager, capacity) }.message shouldBe
                        "chunk ring of manager 'chunks': a ring has from 1 byte to 17,592,186,044,416 bytes for " +
                        "chunks, and $capacity bytes were requested"
                }
                shouldThrow<InvalidSizeException> { ChunkRing(manager, Long.MAX_VALUE) }
                for (alignment in longArrayOf(0, 3, 4, -8, 8192)) {
                    val refusal = shouldThrow<InvalidAlignmentException> { ChunkRing(manager, 1.KiB, alignment) }
                    refusal.message shouldBe "chunk ring of manager 'chunks': a chunk's alignment must be a power of " +
                        "two between 8 and the page size of 4,096 bytes, and was $alignment"
                    refusal.alignment shouldBe alignment
                }
                manager.stats().allocations shouldBe 0
            }
        }

        test("a time to wait that is none is refused, with the function that does not wait") {
            withRing { ring ->
                for (timeout in listOf(Duration.ZERO, (-1).milliseconds)) {
                    val nanos = timeout.inWholeNanoseconds
                    val words = "a timeout must be positive, and was $nanos ns; "
                    val write = listOf({ ring.write(8, timeout) {} }, { ring.tryWrite(8, timeout) {}.shouldBeTrue() })
                    for (refused in write) {
                        shouldThrow<InvalidTimeoutException>(refused).message shouldBe
                            words + "tryWrite without one does not wait"
                    }
                    val read = listOf({ ring.read(timeout) {} }, { ring.tryRead(timeout) {}.shouldBeTrue() })
                    for (refused in read) {
                        shouldThrow<InvalidTimeoutException>(refused).message shouldBe
                            words + "tryRead without one does not wait"
                    }
                }
            }
        }

        test("a wait that was in vain says for what and for how long") {
            withRing { ring ->
                val empty = shouldThrow<ChunkTimeoutException> { ring.read(2.milliseconds) {} }
                empty.message shouldBe
                    "chunk ring of manager 'chunks': no chunk was written within 2 ms: write sooner, or wait longer"
                empty.managerName shouldBe "chunks"
                ring.fill()
                shouldThrow<ChunkTimeoutException> { ring.write(100, 3.milliseconds) {} }.message shouldBe
                    "chunk ring of manager 'chunks': no room for a chunk of 100 bytes within 3 ms (1,024 of 1,024 " +
                    "bytes are written and not yet read): read sooner, make the ring larger, or wait longer"
            }
        }

        test("a ring in use is neither resized nor released") {
            withRing { ring ->
                val words = "chunk ring of manager 'chunks' cannot be resized now, because a chunk is being written " +
                    "or read: do it when none is"
                ring.write(8) {
                    shouldThrow<MemoryBusyException> { ring.resize(4.KiB) }.message shouldBe words
                    it.setLong(0, 1)
                }
                ring.read {
                    shouldThrow<MemoryBusyException> { ring.release() }.message shouldBe
                        words.replace("resized", "released")
                    shouldThrow<MemoryBusyException> { ring.resize(4.KiB) }.ownerName shouldBe "chunks"
                    it.getLong(0) shouldBe 1
                }
                ring.capacity shouldBe 1024
                ring.tryWrite(8) { it.setLong(0, 2) }.shouldBeTrue()
                ring.tryRead { it.getLong(0) shouldBe 2 }.shouldBeTrue()
            }
        }

        test("a ring is not made so small that what is unread has no room, or its largest chunk is too large") {
            withRing { ring ->
                ring.write(300) { it.setLong(0, 1) }
                shouldThrow<InvalidSizeException> { ring.resize(512) }.message shouldBe
                    "chunk ring of manager 'chunks' cannot be resized to 512 bytes, with chunks of at most 256 " +
                    "bytes: the chunks that are not yet read take 320 bytes, and the largest has 300 bytes; read " +
                    "them first"
                ring.write(64) { it.setLong(0, 2) }
                shouldThrow<InvalidSizeException> { ring.resize(256) }
                for (value in 1L..2) ring.tryRead { it.getLong(0) shouldBe value }.shouldBeTrue()
                ring.resize(1)
                ring.capacity shouldBe 128
            }
        }

        test("a closed ring is not resized") {
            SystemMemoryManager("chunks").use { manager ->
                val ring = ChunkRing(manager, 1.KiB)
                ring.write(8) { it.setLong(0, 1) }
                ring.close()
                shouldThrow<TypedMemoryClosedException> { ring.resize(4.KiB) }.message shouldBe
                    "chunk ring of manager 'chunks' is closed: resize or release it before that"
                ring.clear()
                shouldThrow<TypedMemoryClosedException> { ring.resize(4.KiB) }
            }
        }

        test("a budget that refuses leaves nothing behind, and a ring that was to grow as it was") {
            MemoryBudget("narrow", limit = 256.KiB).use { budget ->
                SystemMemoryManager("chunks") { this.budget = budget }.use { manager ->
                    shouldThrow<BudgetExceededException> { ChunkRing(manager, 512.KiB) }
                    manager.stats().blocks shouldBe 0
                    val ring = ChunkRing(manager, 64.KiB)
                    ring.write(8) { it.setLong(0, 42) }
                    shouldThrow<BudgetExceededException> { ring.resize(512.KiB) }
                    ring.capacity shouldBe 64.KiB
                    manager.stats().blocks shouldBe 1
                    ring.tryWrite(8) { it.setLong(0, 43) }.shouldBeTrue()
                    for (value in 42L..43) ring.tryRead { it.getLong(0) shouldBe value }.shouldBeTrue()
                    ring.close()
                    manager.stats().blocks shouldBe 0
                }
            }
        }

        test("a system that refuses memory leaves a ring that was to grow as it was") {
            val platform = ScriptedPlatform()
            val manager: MemoryManager = SystemMemoryManager.make("faults", ManagerOptions(), platform)
            platform.refuseMap = { true }
            shouldThrow<MemoryExhaustedException> { ChunkRing(manager, 2.MiB) }
            platform.refuseMap = { false }
            val ring = ChunkRing(manager, 2.MiB)
            ring.write(1.MiB) { it.setLong(it.size - 8, 42) }
            platform.refuseMap = { true }
            shouldThrow<MemoryExhaustedException> { ring.resize(16.MiB) }
            platform.refuseMap = { false }
            ring.tryRead { it.getLong(it.size - 8) shouldBe 42 }.shouldBeTrue()
            ring.close()
            manager.stats().used shouldBe 0
            manager.close()
        }

        test("a block that holds no ring is not opened, and stays the caller's") {
            SystemMemoryManager("chunks").use { manager ->
                for (size in longArrayOf(0, 8, 100, 4096)) {
                    val block = manager.allocateZeroed(size)
                    shouldThrow<ElementLayoutException> { ChunkRing.open(block) }.message shouldBe
                        "The block of ${"%,d".format(Locale.ROOT, size)} bytes from manager 'chunks' holds " +
                        "no chunk ring of version 1: open what a ChunkRing has been made in"
                    block.close()
                }
                manager.stats().used shouldBe 0
            }
        }

        test("a ring of another version, or one that is cut off, is not opened") {
            withRing { ring ->
                val bytes = ring.block
                bytes.withSegment { it.setLong(8, 2) }
                shouldThrow<ElementLayoutException> { ChunkRing.open(bytes) }
                bytes.withSegment { it.setLong(8, 1) }
                bytes.withSegment { it.setLong(16, 2048) }
                shouldThrow<ElementLayoutException> { ChunkRing.open(bytes) }
                bytes.withSegment { it.setLong(16, 1023) }
                shouldThrow<ElementLayoutException> { ChunkRing.open(bytes) }
                bytes.withSegment { it.setLong(16, 1024) }
            }
        }

        test("a damaged ring is not opened") {
            withRing { ring ->
                ring.write(100) {}
                ring.write(100) {}
                val bytes = ring.block
                // The tail, the head, what is free, and the header of the first chunk.
                val positions = listOf(128L, 256L, 384L).flatMap { at ->
                    longArrayOf(-64, 1 shl 20, 40).map { at to it }
                }
                val headers = listOf(512L to (10L shl 2 or 2), 512L to (600L shl 2 or 1))
                for ((offset, value) in positions + headers) {
                    val right = bytes.withSegment { it.getLong(offset) }
                    bytes.withSegment { it.setLong(offset, value) }
                    shouldThrow<ElementLayoutException> { ChunkRing.open(bytes) }.message shouldBe
                        "The chunk ring in the block of 1,664 bytes from manager 'chunks' is damaged: its positions " +
                        "contradict each other; make a new one there"
                    bytes.withSegment { it.setLong(offset, right) }
                }
            }
        }

        test("where the manager takes all blocks back, the ring says so") {
            SystemMemoryManager("chunks").use { manager ->
                val ring = ChunkRing(manager, 1.KiB)
                ring.write(8) { it.setLong(0, 1) }
                manager.clear()
                shouldThrow<ViewClosedException> { ring.write(8) {} }
                shouldThrow<ViewClosedException> { ring.tryRead {} }
                ring.close()
            }
        }
    }
}
