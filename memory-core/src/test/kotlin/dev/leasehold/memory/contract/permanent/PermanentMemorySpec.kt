package dev.leasehold.memory.contract.permanent

import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.internal.permanent.Placement
import dev.leasehold.memory.internal.permanent.PrivateBuffers
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.SystemSpace
import dev.leasehold.memory.permanent.PermanentAddressException
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentMemoryFullException
import dev.leasehold.memory.rent
import dev.leasehold.memory.support.freshRange
import dev.leasehold.memory.support.onePage
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.asStruct
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import java.lang.foreign.MemorySegment
import java.lang.invoke.MethodHandles

private object Pair64 : Struct<Pair64>() {
    val left = long()
    val right = long()
}

@JvmRecord
data class Point(val x: Int, val y: Int)

/** What is appended to permanent memory, and what is refused. */
class PermanentMemorySpec : FunSpec() {
    init {
        test("bytes that are appended are found at the address") {
            val memory = PermanentMemory.obtain(64)
            val address = memory.append("leasehold".encodeToByteArray())
            memory.view(address, 9).getUtf8(0, 9) shouldBe "leasehold"
            memory.holds(address, 9) shouldBe true
        }

        test("each form of append copies what it is given, at its alignment") {
            val memory = PermanentMemory.obtain(1.KiB)
            val segment = Segment.of(MemorySegment.ofArray(longArrayOf(1, 2)))
            val struct = Segment.of(MemorySegment.ofArray(longArrayOf(3, 4))).asStruct(Pair64)
            val addresses = listOf(
                memory.append(segment, 64),
                memory.append(segment.asMemorySegment(), 64),
                memory.append(
                    ByteArray(16) {
                        if (it == 0) {
                            1
                        } else if (it == 8) {
                            2
                        } else {
                            0
                        }
                    },
                    64,
                ),
            )
            for (address in addresses) {
                address % 64 shouldBe 0
                memory.view(address, 16).getLong(0) shouldBe 1
                memory.view(address, 16).getLong(8) shouldBe 2
            }
            val ofStruct = memory.append(Pair64, struct)
            ofStruct % 8 shouldBe 0
            memory.view(ofStruct, 16).asStruct(Pair64)[Pair64.right] shouldBe 4
            val point = memory.append(Struct.of(MethodHandles.lookup(), Point::class.java), Point(5, 6))
            memory.view(point, 8).getInt(4) shouldBe 6
        }

        test("what is reserved is zero, exact, and filled by the caller") {
            val memory = PermanentMemory.obtain(1.KiB)
            val segment = memory.reserve(100, 8)
            segment.size shouldBe 100
            segment.address % 8 shouldBe 0
            (0 until 100L).all { segment.getByte(it) == 0.toByte() } shouldBe true
            segment.setLong(0, 42)
            memory.view(segment.address, 8).getLong(0) shouldBe 42
            val pair = memory.reserve(Pair64)
            pair[Pair64.left] = 7
            memory.view(pair.asSegment().address, 8).getLong(0) shouldBe 7
        }

        test("appends lie one behind the other, as near as their alignment lets them") {
            val memory = PermanentMemory.obtainPrivate(64.KiB, freshRange())
            memory.append(ByteArray(3)) shouldBe memory.base
            memory.append(ByteArray(3)) shouldBe memory.base + 3
            memory.append(ByteArray(3), 16) shouldBe memory.base + 16
            memory.remaining shouldBe memory.size - 19
        }

        test("what does not fit is refused and moves nothing, and something smaller still fits") {
            val memory = onePage()
            memory.size shouldBe 4096
            memory.append(ByteArray(4000))
            memory.canFit(97) shouldBe false
            memory.canFit(96) shouldBe true
            memory.canFit(90, 64) shouldBe false
            memory.tryAppend(ByteArray(97)).shouldBeNull()
            memory.tryAppend(Segment.of(MemorySegment.ofArray(ByteArray(97)))).shouldBeNull()
            memory.tryReserve(97).shouldBeNull()
            memory.remaining shouldBe 96
            shouldThrow<PermanentMemoryFullException> { memory.append(ByteArray(90), 64) }.run {
                message shouldBe
                    "permanent memory: 90 bytes at a multiple of 64 do not fit into the 96 bytes that " +
                    "this buffer has left: obtain another with PermanentMemory.obtain(90), in the process that " +
                    "it belongs to"
                remaining shouldBe 96
                requested shouldBe 90
            }
            memory.tryAppend(ByteArray(96)).shouldNotBeNull()
            memory.remaining shouldBe 0
            memory.append(ByteArray(0)) shouldBe memory.base + 4096
            memory.tryAppend(ByteArray(1)).shouldBeNull()
        }

        test(
            "where the system has no memory for the pages, nothing is taken, and nothing is tried again for ever",
        ) {
            val poor = object : SystemSpace by Platform.current.space {
                override fun populate(address: Long, bytes: Long): Boolean = false
            }
            val range = freshRange(4096)
            val placement = Placement(poor, range.first, range.last, 4096, 1)
            val memory = PermanentMemory(PrivateBuffers(poor).make(placement).shouldNotBeNull())
            val message =
                "permanent memory: the system has no memory for the pages of 10 bytes: close what is no " +
                    "longer used, or give the process more memory"
            shouldThrow<MemoryExhaustedException> { memory.append(ByteArray(10)) }.message shouldBe message
            shouldThrow<MemoryExhaustedException> { memory.tryAppend(ByteArray(10)) }.message shouldBe message
            memory.appender().use { appender ->
                shouldThrow<MemoryExhaustedException> { appender.append(ByteArray(10)) }.message shouldBe message
            }
            memory.remaining shouldBe 4096
        }

        test("a size near the largest number does not wrap around") {
            val memory = onePage()
            memory.append(ByteArray(10))
            memory.tryReserve(Long.MAX_VALUE).shouldBeNull()
            memory.canFit(Long.MAX_VALUE, 1 shl 30) shouldBe false
            memory.remaining shouldBe 4086
        }

        test("a source that has ended, or belongs to another thread, takes no room") {
            val memory = onePage()
            MemoryPool.isolated("source").use { pool ->
                val lease = pool.rent(100)
                val segment = lease.segment
                lease.close()
                shouldThrow<ViewClosedException> { memory.append(segment) }
            }
            memory.remaining shouldBe 4096
        }

        test("a negative size and an alignment that is none are refused") {
            val memory = PermanentMemory.obtain(1)
            shouldThrow<InvalidSizeException> { memory.reserve(-1) }.message shouldBe
                "permanent memory: a size must not be negative, and was -1 bytes"
            for (alignment in listOf(0L, -8, 3, 1L shl 31)) {
                shouldThrow<InvalidAlignmentException> { memory.reserve(1, alignment) }
            }
            shouldThrow<InvalidAlignmentException> { PermanentMemory.obtain(1, alignment = 24) }.message shouldBe
                "permanent memory: an alignment must be a power of two between 1 and 1,073,741,824, and was 24"
        }

        test("a view of bytes that are not all inside is refused") {
            val memory = onePage()
            val base = "0x" + memory.base.toString(16)
            shouldThrow<PermanentAddressException> { memory.view(memory.base + 4000, 97) }.message shouldBe
                "97 bytes at 0x${(memory.base + 4000).toString(16)} are not all in the buffer of 4,096 bytes at " +
                "$base: PermanentMemory.holds tells which buffer has them"
            shouldThrow<PermanentAddressException> { memory.view(memory.base - 1, 2) }
            memory.holds(memory.base, -1) shouldBe false
        }
    }
}
