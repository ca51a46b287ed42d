package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.MalformedTextException
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.getUtf8Terminated
import dev.leasehold.memory.setUtf8
import dev.leasehold.memory.setUtf8Terminated
import dev.leasehold.memory.support.arbBytes
import dev.leasehold.memory.support.bytesOf
import dev.leasehold.memory.support.platform
import dev.leasehold.memory.support.withBytes
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.toByteArray
import dev.leasehold.memory.utf8Size
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.Codepoint
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.map
import io.kotest.property.arbitrary.string
import io.kotest.property.checkAll

/** Any code point that UTF-8 can express. */
private val anyCharacter: Arb<Codepoint> = Arb.int(0..0x10ffff - 0x800).map {
    Codepoint(if (it < 0xd800) it else it + 0x800)
}

/** A few of each length in UTF-8 and each side of every boundary. */
private const val BOUNDARIES = "\u0000\u0001\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufffd\uffff\ud800\udc00\udbff\udfff"

private fun malformed(vararg bytes: Int): MalformedTextException =
    withBytes(bytesOf(*bytes)) { segment -> shouldThrow<MalformedTextException> { segment.getUtf8() } }

class SegmentTextSpec : FunSpec({
    test("any text is written as the platform encodes it and read back") {
        checkAll(Arb.string(0..50, anyCharacter)) { text ->
            val expected = text.encodeToByteArray()
            text.utf8Size() shouldBe expected.size.toLong()
            withMemory(expected.size + 4L) { memory ->
                memory.setUtf8(3, text) shouldBe expected.size.toLong()
                memory.slice(3, expected.size.toLong()).toByteArray() shouldBe expected
                memory.getByte(-1 + memory.size) shouldBe 0
                memory.getUtf8(3, expected.size.toLong()) shouldBe text
            }
        }
    }

    test("the boundaries of the encoding are kept, the replacement character too") {
        withMemory(64) { memory ->
            val length = memory.setUtf8(0, BOUNDARIES)
            memory.slice(0, length).toByteArray() shouldBe BOUNDARIES.encodeToByteArray()
            memory.getUtf8(0, length) shouldBe BOUNDARIES
        }
    }

    test("terminated text ends at its NUL") {
        withMemory(16) { memory ->
            memory.fill(-1)
            memory.setUtf8Terminated(2, "Zürich") shouldBe 8
            memory.getByte(9) shouldBe 0
            memory.getByte(10) shouldBe -1
            memory.getUtf8Terminated(2) shouldBe "Zürich"
            memory.setUtf8Terminated(15, "") shouldBe 1
            memory.getUtf8Terminated(15) shouldBe ""
        }
    }

    test("text fits exactly or is refused before the first byte is written") {
        withMemory(7) { memory ->
            memory.setUtf8(0, "Zürich") shouldBe 7
            memory.zero()
            shouldThrow<SegmentBoundsException> { memory.setUtf8(1, "Zürich") }.message shouldBe
                "offset 1 with length 7 is outside of a segment of 7 bytes"
            shouldThrow<SegmentBoundsException> { memory.setUtf8Terminated(0, "Zürich") }.message shouldBe
                "offset 0 with length 8 is outside of a segment of 7 bytes"
            shouldThrow<SegmentBoundsException> { memory.setUtf8(-1, "a") }.message shouldBe
                "offset -1 with length 1 is outside of a segment of 7 bytes"
            shouldThrow<SegmentBoundsException> { memory.setUtf8(Long.MAX_VALUE, "a") }.message shouldBe
                "offset 9,223,372,036,854,775,807 with length 1 is outside of a segment of 7 bytes"
            memory.toByteArray() shouldBe ByteArray(7)
        }
    }

    test("a lone surrogate is refused with its index, and nothing is written") {
        withMemory(16) { memory ->
            for ((text, index) in mapOf(
                "ab\ud800" to 2,
                "\udc00x" to 0,
                "\ud83d\ude00\ud83dx" to 2,
                "\ud800\ud800\udc00" to 0,
            )) {
                val failure = shouldThrow<MalformedTextException> { memory.setUtf8(0, text) }
                failure.position shouldBe index.toLong()
                failure.message shouldBe "The text has a lone surrogate " +
                    "(0x${text[index].code.toString(16)}) at index $index of ${text.length}, which UTF-8 cannot express"
                shouldThrow<MalformedTextException> { text.utf8Size() }.position shouldBe index.toLong()
            }
            memory.toByteArray() shouldBe ByteArray(16)
        }
    }

    test("a NUL within text that is to be terminated by one is refused") {
        withMemory(16) { memory ->
            val failure = shouldThrow<MalformedTextException> { memory.setUtf8Terminated(0, "a\u0000b") }
            failure.message shouldBe "The text has a NUL at index 1, which would end it there when read"
            failure.position shouldBe 1
            memory.toByteArray() shouldBe ByteArray(16)
        }
    }

    test("malformed bytes are refused with the offset of the first") {
        malformed('a'.code, 0xff).message shouldBe "Malformed UTF-8 at offset 1 (byte 0xff) of a segment of 2 bytes"
        malformed(0x80).position shouldBe 0
        malformed('a'.code, 'b'.code, 0xc3).position shouldBe 2
        malformed(0xc0, 0xaf).position shouldBe 0
        malformed(0x41, 0xed, 0xa0, 0x80).position shouldBe 1
        malformed(0xf0, 0x9f, 0x98).position shouldBe 0
        malformed(0xf4, 0x90, 0x80, 0x80).position shouldBe 0
        malformed(0xef, 0xbf, 0xbd, 0x41, 0xfe).position shouldBe 4
    }

    test("the offset of malformed bytes counts from the segment's start, not from that of the text") {
        withBytes(bytesOf(0x41, 0x42, 0x43, 0xc3, 0x28)) { segment ->
            shouldThrow<MalformedTextException> { segment.getUtf8(2, 3) }.message shouldBe
                "Malformed UTF-8 at offset 3 (byte 0xc3) of a segment of 5 bytes"
        }
    }

    test("any bytes are read as the platform's strict decoder reads them, or refused as it refuses them") {
        checkAll(2_000, arbBytes(0..8)) { bytes ->
            val expected = runCatching { bytes.decodeToString(throwOnInvalidSequence = true) }
            withBytes(bytes) { segment ->
                if (expected.isSuccess) {
                    segment.getUtf8() shouldBe expected.getOrThrow()
                } else {
                    shouldThrow<MalformedTextException> { segment.getUtf8() }
                }
            }
        }
    }

    test("text without its NUL is refused") {
        withBytes("abc".encodeToByteArray()) { segment ->
            val failure = shouldThrow<MalformedTextException> { segment.getUtf8Terminated(1) }
            failure.message shouldBe "No NUL ends the text at offset 1 of a segment of 3 bytes"
            failure.position shouldBe 1
        }
    }

    test("reading text outside the bounds is refused") {
        withMemory(4) { memory ->
            shouldThrow<SegmentBoundsException> { memory.getUtf8(2, 3) }.message shouldBe
                "offset 2 with length 3 is outside of a segment of 4 bytes"
            shouldThrow<SegmentBoundsException> { memory.getUtf8(-2, 1) }.message shouldBe
                "offset -2 with length 1 is outside of a segment of 4 bytes"
            shouldThrow<SegmentBoundsException> { memory.getUtf8Terminated(5) }.message shouldBe
                "offset 5 with length 1 is outside of a segment of 4 bytes"
        }
    }
})
