package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.contentEquals
import dev.leasehold.memory.indexOf
import dev.leasehold.memory.mismatch
import dev.leasehold.memory.support.arbBytes
import dev.leasehold.memory.support.withBytes
import dev.leasehold.memory.support.withMemory
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.byte
import io.kotest.property.arbitrary.byteArray
import io.kotest.property.arbitrary.element
import io.kotest.property.arbitrary.int
import io.kotest.property.checkAll
import java.util.Arrays

class SegmentSearchSpec : FunSpec({
    test("mismatch and contentEquals agree with those of arrays") {
        val few = Arb.byteArray(Arb.int(0..40), Arb.element<Byte>(0, 1))
        checkAll(2_000, few, few) { left, right ->
            withBytes(left) { a ->
                withBytes(right) { b ->
                    a.mismatch(b) shouldBe Arrays.mismatch(left, right).toLong()
                    a.contentEquals(b) shouldBe left.contentEquals(right)
                }
            }
        }
    }

    test("equal content at different places has no mismatch, and a changed byte is found") {
        checkAll(arbBytes(1..200), Arb.int(0..199)) { bytes, at ->
            val changed = bytes.copyOf().also { it[at % bytes.size]++ }
            withBytes(bytes) { a ->
                withBytes(bytes) { b -> a.mismatch(b) shouldBe -1 }
                withBytes(changed) { b -> a.mismatch(b) shouldBe (at % bytes.size).toLong() }
            }
        }
    }

    test("a byte is found where an array finds it, from any offset on") {
        val values = Arb.element<Byte>(0, 1, 2, 0x7f, -128, -127, -1)
        checkAll(3_000, Arb.byteArray(Arb.int(0..40), values), values, Arb.int(0..40)) { bytes, wanted, at ->
            val from = at % (bytes.size + 1)
            val expected = (from until bytes.size).firstOrNull { bytes[it] == wanted } ?: -1
            withBytes(bytes) { it.indexOf(wanted, from.toLong()) shouldBe expected.toLong() }
        }
    }

    test("a byte is found at every place of a long segment, whatever stands around it") {
        checkAll(50, Arb.byte()) { around ->
            val wanted = (around + 1).toByte()
            for (at in 0..70) {
                val bytes = ByteArray(71) { if (it == at) wanted else around }
                withBytes(bytes) { it.indexOf(wanted) shouldBe at.toLong() }
            }
        }
    }

    test("a search that starts at the end finds nothing, one that starts outside is refused") {
        withMemory(4) { memory ->
            memory.indexOf(0, 4) shouldBe -1
            for (from in listOf(-1L, 5L)) {
                shouldThrow<SegmentBoundsException> { memory.indexOf(0, from) }.message shouldBe
                    "offset $from with length 1 is outside of a segment of 4 bytes"
            }
        }
    }
})
