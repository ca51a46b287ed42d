package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.ByteOrder
import dev.leasehold.memory.RewriteOvertakeException
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentRewriter
import dev.leasehold.memory.cursor
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.rewriter
import dev.leasehold.memory.support.arbBytes
import dev.leasehold.memory.support.countingBytes
import dev.leasehold.memory.support.withBytes
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.toByteArray
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.list
import io.kotest.property.checkAll

/** A call that moves over [width] bytes. */
private class SegmentRewriterStep(val width: Int, val call: (SegmentRewriter) -> Any)

private val stores: Map<String, SegmentRewriterStep> = mapOf(
    "storeByte" to SegmentRewriterStep(1) { it.storeByte(1) },
    "storeShort" to SegmentRewriterStep(2) { it.storeShort(1) },
    "storeChar" to SegmentRewriterStep(2) { it.storeChar('a') },
    "storeInt" to SegmentRewriterStep(4) { it.storeInt(1) },
    "storeLong" to SegmentRewriterStep(8) { it.storeLong(1) },
    "storeFloat" to SegmentRewriterStep(4) { it.storeFloat(1f) },
    "storeDouble" to SegmentRewriterStep(8) { it.storeDouble(1.0) },
    "storeUtf8" to SegmentRewriterStep(3) { it.storeUtf8("abc") },
)

private val fetches: Map<String, SegmentRewriterStep> = mapOf(
    "fetchByte" to SegmentRewriterStep(1) { it.fetchByte() },
    "fetchShort" to SegmentRewriterStep(2) { it.fetchShort() },
    "fetchChar" to SegmentRewriterStep(2) { it.fetchChar() },
    "fetchInt" to SegmentRewriterStep(4) { it.fetchInt() },
    "fetchLong" to SegmentRewriterStep(8) { it.fetchLong() },
    "fetchFloat" to SegmentRewriterStep(4) { it.fetchFloat() },
    "fetchDouble" to SegmentRewriterStep(8) { it.fetchDouble() },
    "fetchUtf8" to SegmentRewriterStep(3) { it.fetchUtf8(3) },
    "skip" to SegmentRewriterStep(3) { it.skip(3) },
    "keep" to SegmentRewriterStep(3) { it.keep(3) },
)

class SegmentRewriterSpec : FunSpec({
    test("line ends are shortened in place") {
        withBytes("one\r\ntwo\r\n\r\n".encodeToByteArray()) { segment ->
            val rewriter = segment.rewriter()
            while (rewriter.remaining > 0) {
                val byte = rewriter.fetchByte()
                if (byte != '\r'.code.toByte()) rewriter.storeByte(byte)
            }
            rewriter.rewritten().getUtf8() shouldBe "one\ntwo\n\n"
        }
    }

    for (order in ByteOrder.entries) {
        test("numbers of every type are narrowed, kept and dropped in $order") {
            withMemory(64) { memory ->
                with(memory.cursor(order)) {
                    storeLong(-5)
                    storeDouble(2.5)
                    storeInt(70_000)
                    storeFloat(1.25f)
                    storeChar('x')
                    storeShort(-3)
                    storeByte(9)
                    storeUtf8("äöü")
                }
                val rewriter = memory.rewriter(order)
                rewriter.storeFirstHalf()
                rewriter.storeSecondHalf()
                with(rewriter.rewritten().cursor(order)) {
                    fetchInt() shouldBe -5
                    fetchFloat() shouldBe 2.5f
                    fetchLong() shouldBe 70_000L
                    fetchShort() shouldBe 1
                    fetchChar() shouldBe 'x'
                    fetchByte() shouldBe -3
                    fetchByte() shouldBe 9
                    fetchUtf8(2) shouldBe "ö"
                    remaining shouldBe 0
                }
                rewriter.order shouldBe order
            }
        }
    }

    for ((name, step) in stores) {
        val width = step.width
        test("$name that would overtake the reader is refused and writes nothing; with enough room it is done") {
            withBytes(countingBytes(16)) { segment ->
                val rewriter = segment.rewriter()
                rewriter.keep(2)
                rewriter.skip(width - 1L)
                val failure = shouldThrow<RewriteOvertakeException> { step.call(rewriter) }
                failure.message shouldBe "Storing ${bytes(width.toLong())} at offset 2 would overwrite bytes that " +
                    "have not been fetched: the reader is at offset ${width + 1}, which leaves " +
                    "${bytes(width - 1L)} free; fetch or skip more first"
                listOf(failure.length, failure.room) shouldBe listOf(width.toLong(), width - 1L)
                segment.toByteArray() shouldBe countingBytes(16)
                rewriter.writePosition shouldBe 2

                rewriter.skip(1)
                step.call(rewriter)
                rewriter.writePosition shouldBe rewriter.readPosition
                segment.slice(rewriter.readPosition).toByteArray() shouldBe
                    countingBytes(16).drop(width + 2).toByteArray()
            }
        }
    }

    for ((name, step) in fetches) {
        val width = step.width
        test("$name past the end is refused and moves and writes nothing") {
            withBytes(countingBytes(10)) { segment ->
                val rewriter = segment.rewriter()
                rewriter.skip(11L - width)
                val failure = shouldThrow<SegmentBoundsException> { step.call(rewriter) }
                failure.message shouldBe
                    "offset ${11 - width} with length $width is outside of a segment of 10 bytes"
                listOf(rewriter.readPosition, rewriter.writePosition) shouldBe listOf(11L - width, 0L)
                segment.toByteArray() shouldBe countingBytes(10)
            }
        }
    }

    test("a negative length neither skips nor keeps") {
        withMemory(8) { memory ->
            val rewriter = memory.rewriter()
            rewriter.skip(4)
            shouldThrow<SegmentBoundsException> { rewriter.skip(-1) }.length shouldBe -1
            shouldThrow<SegmentBoundsException> { rewriter.keep(-1) }.length shouldBe -1
            rewriter.toString() shouldBe "SegmentRewriter(read 4, written 0 of 8 bytes)"
        }
    }

    test("whatever is fetched, skipped, kept and stored, nothing is lost before it has been fetched") {
        checkAll(arbBytes(1..60), Arb.list(Arb.int(0..3), 1..80)) { bytes, steps ->
            withBytes(bytes) { segment ->
                val rewriter = segment.rewriter()
                val expected = mutableListOf<Byte>()
                for (step in steps) {
                    val at = rewriter.readPosition.toInt()
                    when (step) {
                        0 -> if (rewriter.remaining > 0) rewriter.fetchByte() shouldBe bytes[at]

                        1 -> rewriter.skip(minOf(rewriter.remaining, 2))

                        2 -> if (rewriter.remaining >= 3) {
                            rewriter.keep(3)
                            expected += bytes.slice(at..at + 2)
                        }

                        else -> if (rewriter.free > 0) {
                            rewriter.storeByte(77)
                            expected += 77
                        } else {
                            shouldThrow<RewriteOvertakeException> { rewriter.storeByte(77) }.room shouldBe 0
                        }
                    }
                    rewriter.writePosition shouldBeLessThanOrEqual rewriter.readPosition
                    segment.slice(rewriter.readPosition).toByteArray() shouldBe
                        bytes.copyOfRange(rewriter.readPosition.toInt(), bytes.size)
                }
                rewriter.rewritten().toByteArray().toList() shouldBe expected
            }
        }
    }
})

private fun SegmentRewriter.storeFirstHalf() {
    storeInt(fetchLong().toInt())
    storeFloat(fetchDouble().toFloat())
    storeLong(fetchInt().toLong())
}

private fun SegmentRewriter.storeSecondHalf() {
    storeShort(fetchFloat().toInt().toShort())
    storeChar(fetchChar())
    storeByte(fetchShort().toByte())
    keep(1)
    storeUtf8(fetchUtf8(6).substring(1, 2))
}
