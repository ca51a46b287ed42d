package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.ByteOrder
import dev.leasehold.memory.MalformedTextException
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentCursor
import dev.leasehold.memory.cursor
import dev.leasehold.memory.support.bytesOf
import dev.leasehold.memory.support.countingBytes
import dev.leasehold.memory.support.together
import dev.leasehold.memory.support.withBytes
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.toByteArray
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

/** What the values of [stored] fill together, in bytes. */
private const val WIDTH = 1 + 2 + 2 + 4 + 8 + 4 + 8

private fun SegmentCursor.storeAll() {
    storeByte(-1)
    storeShort(-2)
    storeChar('\u20ac')
    storeInt(0x01020304)
    storeLong(Long.MIN_VALUE)
    storeFloat(1.5f)
    storeDouble(-0.0)
}

private fun SegmentCursor.fetchAll(): List<Any> =
    listOf(fetchByte(), fetchShort(), fetchChar(), fetchInt(), fetchLong(), fetchFloat(), fetchDouble())

private val stored = listOf<Any>((-1).toByte(), (-2).toShort(), '\u20ac', 0x01020304, Long.MIN_VALUE, 1.5f, -0.0)

/** A call that moves over [width] bytes. */
private class SegmentCursorStep(val width: Int, val call: (SegmentCursor) -> Any)

private val fetches: Map<String, SegmentCursorStep> = mapOf(
    "fetchByte" to SegmentCursorStep(1) { it.fetchByte() },
    "fetchShort" to SegmentCursorStep(2) { it.fetchShort() },
    "fetchChar" to SegmentCursorStep(2) { it.fetchChar() },
    "fetchInt" to SegmentCursorStep(4) { it.fetchInt() },
    "fetchLong" to SegmentCursorStep(8) { it.fetchLong() },
    "fetchFloat" to SegmentCursorStep(4) { it.fetchFloat() },
    "fetchDouble" to SegmentCursorStep(8) { it.fetchDouble() },
    "fetchUtf8" to SegmentCursorStep(3) { it.fetchUtf8(3) },
    "skip" to SegmentCursorStep(3) { it.skip(3) },
    "reserve" to SegmentCursorStep(3) { it.reserve(3) },
)

private val stores: Map<String, SegmentCursorStep> = mapOf(
    "storeByte" to SegmentCursorStep(1) { it.storeByte(1) },
    "storeShort" to SegmentCursorStep(2) { it.storeShort(1) },
    "storeChar" to SegmentCursorStep(2) { it.storeChar('a') },
    "storeInt" to SegmentCursorStep(4) { it.storeInt(1) },
    "storeLong" to SegmentCursorStep(8) { it.storeLong(1) },
    "storeFloat" to SegmentCursorStep(4) { it.storeFloat(1f) },
    "storeDouble" to SegmentCursorStep(8) { it.storeDouble(1.0) },
    "storeUtf8" to SegmentCursorStep(3) { it.storeUtf8("abc") },
)

class SegmentCursorSpec : FunSpec({
    for (order in ByteOrder.entries) {
        test("what is stored in $order is fetched in $order, one value after the other") {
            withMemory(WIDTH.toLong()) { memory ->
                val cursor = memory.cursor(order)
                cursor.storeAll()
                cursor.remaining shouldBe 0
                cursor.moveTo(0)
                cursor.fetchAll() shouldBe stored
                cursor.position shouldBe WIDTH.toLong()
                memory.getInt(5, order) shouldBe 0x01020304
                cursor.order shouldBe order
            }
        }
    }

    test("a cursor uses the native order unless another is given") {
        withMemory(4) { memory ->
            memory.cursor().storeInt(1)
            memory.getInt(0) shouldBe 1
        }
    }

    test("position, limit and remaining follow every step") {
        withMemory(20) { memory ->
            val cursor = memory.cursor()
            cursor.skip(3)
            cursor.storeUtf8("äb") shouldBe 3
            cursor.reserve(4).fill(7)
            listOf(cursor.position, cursor.limit, cursor.remaining) shouldBe listOf(10L, 20L, 10L)
            cursor.toString() shouldBe "SegmentCursor(10 of 20 bytes)"
            cursor.moveTo(3)
            cursor.fetchUtf8(3) shouldBe "äb"
            cursor.fetchInt() shouldBe 0x07070707
        }
    }

    test("what is reserved is a view of the bytes passed, as they were") {
        withBytes(countingBytes(8)) { segment ->
            val cursor = segment.cursor()
            cursor.skip(2)
            val reserved = cursor.reserve(3)
            reserved.toByteArray() shouldBe bytesOf(2, 3, 4)
            reserved.zero()
            cursor.fetchByte() shouldBe 5
            segment.toByteArray() shouldBe bytesOf(0, 1, 0, 0, 0, 5, 6, 7)
        }
    }

    for ((name, step) in fetches + stores) {
        val width = step.width
        test("$name past the limit is refused and moves and writes nothing") {
            withBytes(countingBytes(10)) { segment ->
                val cursor = segment.slice(0, 9).cursor()
                val position = 10L - width
                cursor.moveTo(position)
                val failure = shouldThrow<SegmentBoundsException> { step.call(cursor) }
                failure.message shouldBe "offset $position with length $width is outside of a segment of 9 bytes"
                cursor.position shouldBe position
                segment.toByteArray() shouldBe countingBytes(10)
            }
        }
    }

    test("a cursor cannot go backwards by a negative length, nor be put outside") {
        withMemory(8) { memory ->
            val cursor = memory.cursor()
            cursor.moveTo(4)
            shouldThrow<SegmentBoundsException> { cursor.skip(-1) }.message shouldBe
                "offset 4 with length -1 is outside of a segment of 8 bytes"
            shouldThrow<SegmentBoundsException> { cursor.reserve(-1) }.message shouldBe
                "offset 4 with length -1 is outside of a segment of 8 bytes"
            shouldThrow<SegmentBoundsException> { cursor.skip(Long.MAX_VALUE) }.length shouldBe Long.MAX_VALUE
            shouldThrow<SegmentBoundsException> { cursor.moveTo(9) }.message shouldBe
                "offset 9 with length 0 is outside of a segment of 8 bytes"
            shouldThrow<SegmentBoundsException> { cursor.moveTo(-1) }.offset shouldBe -1
            cursor.position shouldBe 4
            cursor.moveTo(8)
            cursor.remaining shouldBe 0
        }
    }

    test("malformed text moves nothing") {
        withBytes(bytesOf(0x41, 0xff, 0x42)) { segment ->
            val cursor = segment.cursor()
            shouldThrow<MalformedTextException> { cursor.fetchUtf8(3) }.position shouldBe 1
            shouldThrow<MalformedTextException> { cursor.storeUtf8("\ud800") }.position shouldBe 0
            cursor.position shouldBe 0
        }
    }
})
