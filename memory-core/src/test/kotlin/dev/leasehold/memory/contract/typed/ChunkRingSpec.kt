package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.samples.chunksBetweenThreads
import dev.leasehold.memory.typed.ChunkRing
import dev.leasehold.memory.typed.TypedMemoryClosedException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith

/** What a ring of chunks does for one thread. */
class ChunkRingSpec : FunSpec() {
    private fun withRing(capacity: Long = 1.KiB, alignment: Long = 64, action: (ChunkRing, MemoryManager) -> Unit) {
        SystemMemoryManager("chunks").use { manager ->
            ChunkRing(manager, capacity, alignment).use { ring ->
                action(ring, manager)
                ring.clear()
            }
            manager.stats().used shouldBe 0
        }
    }

    private fun ChunkRing.put(value: Long, size: Long = 8) = tryWrite(size) { it.fillWith(value) }

    private fun ChunkRing.next(size: Long = 8): Long? {
        var found: Long? = null
        tryRead {
            it.size shouldBe size
            found = it.filledWith()
        }
        return found
    }

    private fun Segment.fillWith(value: Long) {
        for (offset in 0 until size) setByte(offset, (value * 31 + offset).toByte())
    }

    private fun Segment.filledWith(): Long {
        if (size == 0L) return 0
        val value = (0L..255).first { (it * 31).toByte() == getByte(0) }
        for (offset in 0 until size) getByte(offset) shouldBe (value * 31 + offset).toByte()
        return value
    }

    init {
        test("chunks of any size are read in the order in which they were written, each once") {
            withRing { ring, _ ->
                for (size in longArrayOf(0, 1, 7, 8, 63, 64, 65, 200)) ring.put(size, size).shouldBeTrue()
                for (size in longArrayOf(0, 1, 7, 8, 63, 64, 65, 200)) ring.next(size) shouldBe size
                ring.next() shouldBe null
            }
        }

        test("a chunk has at most half of the capacity, and one of that size fits wherever the last one ended") {
            withRing { ring, _ ->
                ring.capacity shouldBe 1024
                ring.maxChunk shouldBe 512
                for (round in 0L until 40) {
                    ring.put(round, 512).shouldBeTrue()
                    ring.next(512) shouldBe round
                    ring.put(round, 64).shouldBeTrue()
                    ring.next(64) shouldBe round
                }
            }
        }

        test("a full ring refuses, changes nothing, and has room again for what has been read") {
            withRing { ring, _ ->
                for (value in 0L until 16) ring.put(value).shouldBeTrue()
                ring.usedBytes shouldBe 1024
                ring.put(99).shouldBeFalse()
                ring.next() shouldBe 0L
                ring.put(16, 65).shouldBeFalse()
                ring.put(16).shouldBeTrue()
                for (value in 1L..16) ring.next() shouldBe value
                ring.usedBytes shouldBe 0
            }
        }

        test("room is free for a write as soon as the read of the chunk has ended, and not before") {
            withRing(256) { ring, _ ->
                for (value in 0L until 4) ring.put(value).shouldBeTrue()
                ring.tryRead { ring.put(4).shouldBeFalse() }.shouldBeTrue()
                ring.put(4).shouldBeTrue()
            }
        }

        test("a chunk whose write fails is skipped, and the failure goes on to the caller") {
            withRing { ring, _ ->
                ring.put(1)
                shouldThrow<IllegalArgumentException> { ring.tryWrite(100) { throw IllegalArgumentException("no") } }
                    .message shouldBe "no"
                ring.put(2)
                ring.next() shouldBe 1L
                ring.next() shouldBe 2L
                ring.next() shouldBe null
                ring.usedBytes shouldBe 0
            }
        }

        test("a ring of which every write fails never fills up") {
            withRing(256) { ring, _ ->
                repeat(100) {
                    shouldThrow<IllegalArgumentException> { ring.write(100) { throw IllegalArgumentException("no") } }
                }
                ring.put(7, 128).shouldBeTrue()
                ring.next(128) shouldBe 7L
            }
        }

        test("a chunk whose read fails counts as read") {
            withRing { ring, _ ->
                ring.put(1)
                ring.put(2)
                shouldThrow<IllegalArgumentException> { ring.read { throw IllegalArgumentException("no") } }
                ring.next() shouldBe 2L
                ring.usedBytes shouldBe 0
            }
        }

        test("drain reads what is there, up to a limit") {
            withRing(4.KiB) { ring, _ ->
                val read = ArrayList<Long>()
                ring.drain { error("there is nothing") } shouldBe 0
                for (value in 0L until 50) ring.put(value, value + 1)
                ring.drain(20) { read += it.filledWith() } shouldBe 20
                ring.drain(0) { error("nothing was wanted") } shouldBe 0
                ring.drain { read += it.filledWith() } shouldBe 30
                read shouldContainExactly (0L until 50).toList()
                ring.usedBytes shouldBe 0
            }
        }

        test("where an action of drain fails, the chunks behind stay in the ring") {
            withRing { ring, _ ->
                for (value in 0L until 12) ring.put(value)
                val read = ArrayList<Long>()
                shouldThrow<IllegalArgumentException> {
                    ring.drain {
                        read += it.filledWith()
                        require(read.size < 3) { "no" }
                    }
                }
                read shouldContainExactly listOf(0L, 1L, 2L)
                for (value in 3L until 12) ring.next() shouldBe value
                ring.usedBytes shouldBe 0
            }
        }

        test("where others have read on by then, drain reads what it has taken to its end, and fails then") {
            withRing { ring, _ ->
                for (value in 0L until 12) ring.put(value)
                val read = ArrayList<Long>()
                val failure = shouldThrow<IllegalArgumentException> {
                    ring.drain {
                        if (read.isEmpty()) ring.next() shouldBe 8L
                        read += it.filledWith()
                        throw IllegalArgumentException("chunk ${read.size - 1}")
                    }
                }
                failure.message shouldBe "chunk 0"
                failure.suppressed.map { it.message } shouldContainExactly (1..7).map { "chunk $it" }
                read shouldContainExactly (0L until 8).toList()
                for (value in 9L until 12) ring.next() shouldBe value
                ring.usedBytes shouldBe 0
            }
        }

        test("a chunk is aligned and exact, and its view ends with the action") {
            for (alignment in longArrayOf(8, 64, 4096)) {
                withRing(16.KiB, alignment) { ring, _ ->
                    val kept = ArrayList<Segment>()
                    ring.alignment shouldBe alignment
                    repeat(3) {
                        ring.write(100) {
                            it.address % alignment shouldBe 0
                            it.size shouldBe 100
                            kept += it
                        }
                    }
                    ring.read { kept += it }
                    ring.drain { kept += it } shouldBe 2
                    for (view in kept) {
                        shouldThrow<ViewClosedException> { view.getByte(0) }
                        shouldThrow<ViewClosedException> { view.slice(1).setByte(0, 1) }
                    }
                }
            }
        }

        test("clear drops what can be read") {
            withRing { ring, _ ->
                for (value in 0L until 10) ring.put(value)
                ring.clear()
                ring.usedBytes shouldBe 0
                ring.next() shouldBe null
                ring.put(1).shouldBeTrue()
                ring.next() shouldBe 1L
            }
        }

        test("a closed ring takes no more chunks, gives what is left, and then its memory back") {
            SystemMemoryManager("chunks").use { manager ->
                val ring = ChunkRing(manager, 1.KiB)
                ring.put(1)
                ring.put(2)
                ring.close()
                ring.close()
                ring.isClosed.shouldBeTrue()
                shouldThrow<TypedMemoryClosedException> { ring.put(3) }.message shouldBe
                    "chunk ring of manager 'chunks' is closed and takes no more chunks: close it when all has been " +
                    "written"
                ring.next() shouldBe 1L
                manager.stats().blocks shouldBe 1
                ring.next() shouldBe 2L
                manager.stats().blocks shouldBe 0
                shouldThrow<TypedMemoryClosedException> { ring.next() }.message shouldBe
                    "chunk ring of manager 'chunks' is closed and all of its chunks have been read: read with " +
                    "consumeEach to end without this"
                shouldThrow<TypedMemoryClosedException> { ring.put(3) }
                shouldThrow<TypedMemoryClosedException> { ring.read {} }
                shouldThrow<TypedMemoryClosedException> { ring.drain {} }
                shouldThrow<TypedMemoryClosedException> { ring.block }
                ring.consumeEach { error("there is nothing") }
                ring.clear()
                ring.close()
                ring.byteSize shouldBe 0
            }
        }

        test("the memory of a closed ring goes when what is being written or read is done") {
            SystemMemoryManager("chunks").use { manager ->
                val written = ChunkRing(manager, 1.KiB)
                written.write(8) {
                    written.close()
                    it.fillWith(5)
                }
                written.next() shouldBe 5L
                val read = ChunkRing(manager, 1.KiB)
                read.put(6)
                read.read {
                    read.close()
                    manager.stats().blocks shouldBe 1
                    it.filledWith() shouldBe 6
                }
                manager.stats().blocks shouldBe 0
                val failed = ChunkRing(manager, 1.KiB)
                shouldThrow<IllegalArgumentException> {
                    failed.write(8) {
                        failed.close()
                        throw IllegalArgumentException("no")
                    }
                }
                manager.stats().blocks shouldBe 0
            }
        }

        test("consumeEach reads to the end of a closed ring") {
            withRing { ring, _ ->
                for (value in 0L until 10) ring.put(value)
                ring.close()
                val read = ArrayList<Long>()
                ring.consumeEach { read += it.filledWith() }
                read shouldContainExactly (0L until 10).toList()
            }
        }

        test("its capacity is the next power of two, and it says what it takes") {
            withRing(1000) { ring, _ ->
                ring.capacity shouldBe 1024
                // Eight words in front for each cache line of positions, and a word for each place.
                ring.byteSize shouldBe 512 + 16 * 8 + 1024
                ring.byteSize shouldBe ring.block.size
                ring.toString() shouldBe "ChunkRing(1,024 bytes, 0 used, manager 'chunks')"
                ring.put(1)
                ring.close()
                ring.toString() shouldBe "ChunkRing(1,024 bytes, 64 used, manager 'chunks', closed)"
            }
        }

        test("it works over any manager, and tells which") {
            val ring = ChunkRing(MemoryManager.system(), 1)
            ring.capacity shouldBe 128
            ring.toString() shouldStartWith "ChunkRing(128 bytes"
            ring.close()
        }

        test("the sample does what it says") {
            SystemMemoryManager("samples").use { chunksBetweenThreads(it, 1000) shouldBe 499_500 }
        }
    }
}
