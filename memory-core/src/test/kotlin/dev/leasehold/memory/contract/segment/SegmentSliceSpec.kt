package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SplitSegment
import dev.leasehold.memory.support.countingBytes
import dev.leasehold.memory.support.together
import dev.leasehold.memory.support.withBytes
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.toByteArray
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.long
import io.kotest.property.checkAll

private fun sliced(take: Segment.() -> Segment): List<Byte> =
    withBytes(countingBytes(10)) { it.take().toByteArray().toList() }

private fun refused(take: Segment.() -> Segment): String? = withBytes(countingBytes(10)) { segment ->
    shouldThrow<SegmentBoundsException> { segment.take() }.message
}

private fun bytes(range: IntRange): List<Byte> = range.map { it.toByte() }

class SegmentSliceSpec : FunSpec({
    test("an offset and a size give that part") {
        sliced { slice(3, 4) } shouldBe bytes(3..6)
        sliced { slice(10, 0) } shouldBe emptyList()
    }

    test("an offset alone gives the rest") {
        sliced { slice(7) } shouldBe bytes(7..9)
        sliced { slice(10) } shouldBe emptyList()
    }

    test("a negative offset counts from the end") {
        sliced { slice(-3) } shouldBe bytes(7..9)
        sliced { slice(-10) } shouldBe bytes(0..9)
        sliced { slice(-4, 2) } shouldBe bytes(6..7)
    }

    test("a range covers both of its ends") {
        sliced { slice(2L..5L) } shouldBe bytes(2..5)
        sliced { this[0L..<10L] } shouldBe bytes(0..9)
    }

    test("negative ends of a range count from the end, each for itself") {
        sliced { this[-4L..-1L] } shouldBe bytes(6..9)
        sliced { this[-4L..8L] } shouldBe bytes(6..8)
        sliced { this[-3L..<0L] } shouldBe bytes(7..9)
    }

    test("an empty range gives an empty view, also where its last number is negative") {
        sliced { this[0L..<0L] } shouldBe emptyList()
        sliced { this[5L..4L] } shouldBe emptyList()
        withMemory(10) { memory -> memory[6L..<6L].address shouldBe memory.address + 6 }
    }

    test("any offset and size give what a byte array gives, or a refusal") {
        checkAll(Arb.long(-12L..12L), Arb.long(-2L..12L)) { offset, size ->
            val start = if (offset < 0) offset + 10 else offset
            if (start in 0..10 && size in 0..10 - start) {
                sliced { slice(offset, size) } shouldBe bytes(start.toInt()..<(start + size).toInt())
            } else {
                refused { slice(offset, size) } shouldBe
                    "offset $offset with length $size is outside of a segment of 10 bytes"
            }
        }
    }

    test("what is not inside is refused with the numbers that were given") {
        refused { slice(11) } shouldBe "offset 11 with length 0 is outside of a segment of 10 bytes"
        refused { slice(-11) } shouldBe "offset -11 with length 0 is outside of a segment of 10 bytes"
        refused { slice(8, 3) } shouldBe "offset 8 with length 3 is outside of a segment of 10 bytes"
        refused { slice(-2, 3) } shouldBe "offset -2 with length 3 is outside of a segment of 10 bytes"
        refused { slice(2, -1) } shouldBe "offset 2 with length -1 is outside of a segment of 10 bytes"
        refused { slice(1, Long.MAX_VALUE) } shouldBe
            "offset 1 with length 9,223,372,036,854,775,807 is outside of a segment of 10 bytes"
        refused { slice(0L..10L) } shouldBe "offset 0 with length 11 is outside of a segment of 10 bytes"
        refused { slice(0L..Long.MAX_VALUE) } shouldBe
            "offset 0 with length 9,223,372,036,854,775,807 is outside of a segment of 10 bytes"
        refused { slice(-4L..2L) } shouldBe "offset -4 with length -3 is outside of a segment of 10 bytes"
        refused { slice(Long.MIN_VALUE) } shouldBe
            "offset -9,223,372,036,854,775,808 with length 0 is outside of a segment of 10 bytes"
    }

    test("a split gives two views that together are the whole") {
        checkAll(Arb.long(-10L..10L)) { at ->
            withBytes(countingBytes(10)) { segment ->
                val (head, tail) = segment.splitAt(at)
                val split = (if (at < 0) at + 10 else at).toInt()
                head.toByteArray().toList() shouldBe bytes(0..<split)
                tail.toByteArray().toList() shouldBe bytes(split..9)
            }
        }
    }

    test("a split outside is refused") {
        for (at in listOf(11L, -11L)) {
            refused { splitAt(at).tail } shouldBe "offset $at with length 0 is outside of a segment of 10 bytes"
        }
    }

    test("views are equal when they start at the same place") {
        withMemory(10) { memory ->
            (memory.slice(2, 3) == memory.slice(-8, 3)) shouldBe true
            (memory.slice(2, 3) == memory.slice(2, 4)) shouldBe true
            (memory.slice(2, 3) == memory.slice(3, 3)) shouldBe false
            memory.splitAt(4).toString() shouldBe "SplitSegment(${memory.slice(0, 4)}, ${memory.slice(4)})"
        }
    }
})
