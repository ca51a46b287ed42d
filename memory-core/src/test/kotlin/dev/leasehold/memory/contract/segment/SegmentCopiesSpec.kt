package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.copy
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.support.arbBytes
import dev.leasehold.memory.support.bytesOf
import dev.leasehold.memory.support.countingBytes
import dev.leasehold.memory.support.withBytes
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.toByteArray
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.int
import io.kotest.property.checkAll

private fun refusal(block: () -> Unit): String? = shouldThrow<SegmentBoundsException> { block() }.message

class SegmentCopiesSpec : FunSpec({
    test("a copy between segments copies what System.arraycopy copies") {
        checkAll(arbBytes(0..40), arbBytes(0..40), Arb.int(0..40), Arb.int(0..40), Arb.int(0..40)) {
                from,
                to,
                a,
                b,
                n,
            ->
            val offset = a % (from.size + 1)
            val targetOffset = b % (to.size + 1)
            val length = n % (minOf(from.size - offset, to.size - targetOffset) + 1)
            val expected = from.copyInto(to.copyOf(), targetOffset, offset, offset + length)
            withBytes(from) { source ->
                withBytes(to) { target ->
                    source.copyTo(target, targetOffset.toLong(), offset.toLong(), length.toLong())
                    target.toByteArray() shouldBe expected
                    source.toByteArray() shouldBe from
                }
                withBytes(to) { target ->
                    target.copyFrom(source, offset.toLong(), targetOffset.toLong(), length.toLong())
                    target.toByteArray() shouldBe expected
                }
                val array = to.copyOf()
                source.copyTo(array, targetOffset, offset.toLong(), length.toLong())
                array shouldBe expected
            }
            withBytes(to) { target ->
                target.copyFrom(from, offset, targetOffset.toLong(), length)
                target.toByteArray() shouldBe expected
            }
        }
    }

    test("a copy within one segment is right wherever the two parts overlap") {
        for (offset in 0..16) {
            for (target in 0..16) {
                withBytes(countingBytes(32)) { segment ->
                    segment.copyTo(segment, target.toLong(), offset.toLong(), 16)
                    segment.toByteArray() shouldBe
                        countingBytes(32).copyInto(countingBytes(32), target, offset, offset + 16)
                }
            }
        }
    }

    test("without a length everything from the offset on is copied") {
        withBytes(countingBytes(8)) { source ->
            withMemory(8) { target ->
                source.copyTo(target, offset = 5)
                target.copyFrom(source, sourceOffset = 6, offset = 4)
                target.toByteArray() shouldBe bytesOf(5, 6, 7, 0, 6, 7, 0, 0)
                target.copyFrom(bytesOf(9, 8))
                target.slice(0, 3).toByteArray() shouldBe bytesOf(9, 8, 7)
            }
        }
    }

    test("a copy out of bounds names the side at fault and copies nothing") {
        withBytes(countingBytes(8)) { source ->
            withMemory(4) { target ->
                refusal { source.copyTo(target) } shouldBe
                    "offset 0 with length 8 is outside of a segment of 4 bytes"
                refusal { source.copyTo(target, 3, 0, 2) } shouldBe
                    "offset 3 with length 2 is outside of a segment of 4 bytes"
                refusal { source.copyTo(target, 0, 6, 3) } shouldBe
                    "offset 6 with length 3 is outside of a segment of 8 bytes"
                refusal { source.copyTo(target, 0, 9) } shouldBe
                    "offset 9 with length -1 is outside of a segment of 8 bytes"
                refusal { target.copyFrom(source, -1, 0, 2) } shouldBe
                    "offset -1 with length 2 is outside of a segment of 8 bytes"
                refusal { target.copyFrom(source, 0, 2, Long.MAX_VALUE) } shouldBe
                    "offset 0 with length 9,223,372,036,854,775,807 is outside of a segment of 8 bytes"
                refusal { target.copyFrom(source, 0, 0, -1) } shouldBe
                    "offset 0 with length -1 is outside of a segment of 8 bytes"
                refusal { source.copyTo(ByteArray(5)) } shouldBe
                    "offset 0 with length 8 is outside of a segment of 5 bytes"
                refusal { target.copyFrom(ByteArray(3), 2, 0, 2) } shouldBe
                    "offset 2 with length 2 is outside of a segment of 3 bytes"
                target.toByteArray() shouldBe ByteArray(4)
            }
        }
    }

    test("toByteArray gives a copy that shares nothing") {
        withBytes(countingBytes(4)) { segment ->
            val copy = segment.toByteArray()
            segment.fill(9)
            copy shouldBe countingBytes(4)
        }
    }
})
