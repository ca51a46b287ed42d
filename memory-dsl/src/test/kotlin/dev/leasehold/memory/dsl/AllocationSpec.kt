package dev.leasehold.memory.dsl

import dev.leasehold.memory.Hygiene
import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.getUtf8Terminated
import dev.leasehold.memory.toByteArray
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.property.Arb
import io.kotest.property.arbitrary.element
import io.kotest.property.arbitrary.list
import io.kotest.property.arbitrary.long
import io.kotest.property.arbitrary.pair
import io.kotest.property.checkAll

class AllocationSpec : FunSpec() {
    private val pool = MemoryPool.isolated("allocations")

    init {
        afterTest { pool.stats().used shouldBe 0 }

        test("segments are exact, apart, aligned, and writable, whatever the sizes and alignments") {
            val requests = Arb.list(Arb.pair(Arb.long(0L..6000L), Arb.element(1L, 2L, 16L, 64L, 512L, 4096L)), 1..60)
            checkAll(200, requests) { wanted ->
                memoryScope(pool) {
                    val given = wanted.map { (size, alignment) ->
                        allocate(size, alignment).also {
                            it.size shouldBe size
                            it.address % alignment shouldBe 0
                        }
                    } + wanted.map { (size, _) -> allocate(size).also { it.address % 16 shouldBe 0 } }
                    given.forEachIndexed { i, segment -> segment.fill(i.toByte()) }
                    given.forEachIndexed { i, segment -> segment.toByteArray().all { it == i.toByte() } shouldBe true }
                }
            }
        }

        test("small allocations share one block of the pool's default size") {
            memoryScope(pool) {
                repeat(64) { allocate(64).zero() }
                pool.stats().used shouldBe 4096
                allocate(1).zero()
                pool.stats().used shouldBe 8192
            }
        }

        test("a large allocation has its own block, and the chunk goes on") {
            memoryScope(pool) {
                val first = allocate(64)
                allocate(4090).zero()
                allocate(100_000).zero()
                allocate(64).address shouldBe first.address + 64
            }
        }

        test("a scope that allocates nothing rents nothing for it") {
            memoryScope(pool) { pool.stats().used shouldBe 0 }
        }

        test("a fixed pool serves chunks of its block size") {
            val chunks = MemoryPool.fixed("chunks", 256, 4)
            memoryScope(chunks) {
                repeat(8) { allocate(128).zero() }
                chunks.available shouldBe 0
                shouldThrow<InvalidSizeException> { allocate(257) }.message!! shouldContain "pool 'chunks'"
            }
            chunks.available shouldBe 4
            chunks.close()
        }

        test("a neighbour is out of reach") {
            memoryScope(pool) {
                val first = allocate(10)
                allocate(10).zero()
                shouldThrow<SegmentBoundsException> { first.setByte(10, 1) }
            }
        }

        test("memory is zeroed when the pool's hygiene says so") {
            val clean = MemoryPool.isolated("clean") { hygiene = Hygiene.ZERO_ON_RENT }
            repeat(3) {
                memoryScope(clean) {
                    val segment = allocate(100)
                    segment.toByteArray().all { it == 0.toByte() } shouldBe true
                    segment.fill(7)
                }
            }
            clean.close()
        }

        test("a segment that leaves the scope refuses, and so does its slice") {
            val (segment, slice) = memoryScope(pool) { allocate(10).let { it to it.slice(2) } }
            shouldThrow<ViewClosedException> { segment.getByte(0) }
            shouldThrow<ViewClosedException> { slice.setByte(0, 1) }
        }

        test("negative and overflowing sizes and wrong alignments are refused with the figure") {
            memoryScope(pool) {
                shouldThrow<InvalidSizeException> { allocate(-1) }.size shouldBe -1
                shouldThrow<InvalidSizeException> { allocate(-1, 8) }.size shouldBe -1
                shouldThrow<InvalidSizeException> { allocate(Long.MAX_VALUE) }.size shouldBe Long.MAX_VALUE
                shouldThrow<InvalidSizeException> { allocateLongs(Long.MAX_VALUE / 4) }
                shouldThrow<InvalidSizeException> { allocateInts(-3) }
                for (alignment in listOf(0L, -8L, 3L, 1L shl 40)) {
                    shouldThrow<InvalidAlignmentException> { allocate(8, alignment) }.alignment shouldBe alignment
                }
                allocate(8, 8).setLong(0, 1)
                shouldThrow<InvalidAlignmentException> { allocate(8, 0) }
            }
        }

        test("typed allocations have room for as many elements as requested") {
            memoryScope(pool) {
                val sizes = listOf(
                    allocateBytes(5).size,
                    allocateShorts(5).size,
                    allocateChars(5).size,
                    allocateInts(5).size,
                    allocateLongs(5).size,
                    allocateFloats(5).size,
                    allocateDoubles(5).size,
                )
                sizes shouldBe List(7) { 5L }
                listOf<Segment>(allocate<Byte>(3), allocate<Char>(3), allocate<Int>(3), allocate<Double>(3))
                    .map { it.size } shouldBe listOf(3L, 6L, 12L, 24L)
                shouldThrow<IllegalArgumentException> { allocate<String>(3) }.message!! shouldContain "primitive"
            }
        }

        test("copies hold what they were made of, and are apart from it") {
            memoryScope(pool) {
                val bytes = byteArrayOf(1, 2, 3)
                val copy = allocateOf(bytes)
                bytes[0] = 9
                copy.toByteArray() shouldBe byteArrayOf(1, 2, 3)
                allocateOf(copy).toByteArray() shouldBe byteArrayOf(1, 2, 3)
                allocateOf(intArrayOf(4, 5)).toIntArray() shouldBe intArrayOf(4, 5)
                allocateOf(longArrayOf(6)).toLongArray() shouldBe longArrayOf(6)
                allocateOf(floatArrayOf(7f)).toFloatArray() shouldBe floatArrayOf(7f)
                allocateOf(doubleArrayOf(8.0)).toDoubleArray() shouldBe doubleArrayOf(8.0)
                allocateUtf8("Zürich").getUtf8() shouldBe "Zürich"
                allocateUtf8("Zürich").size shouldBe 7
                allocateUtf8Terminated("Zürich").getUtf8Terminated() shouldBe "Zürich"
            }
        }

        test("eight thousand small allocations waste little") {
            memoryScope(pool) {
                repeat(8000) { allocate(48).setLong(0, it.toLong()) }
                pool.stats().used shouldBeLessThanOrEqual 8000L * 48 * 102 / 100
            }
        }
    }
}
