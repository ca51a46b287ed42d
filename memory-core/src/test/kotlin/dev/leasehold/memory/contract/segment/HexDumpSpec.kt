package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.hexDump
import dev.leasehold.memory.support.withBytes
import dev.leasehold.memory.support.withMemory
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class HexDumpSpec : FunSpec({
    test("a dump shows offset, bytes and ASCII, sixteen to a line") {
        withBytes("Hello, lease 1\n\u0000~\u007f\u0080".encodeToByteArray()) { segment ->
            segment.hexDump() shouldBe
                """
                00000000  48 65 6c 6c 6f 2c 20 6c  65 61 73 65 20 31 0a 00  |Hello, lease 1..|
                00000010  7e 7f c2 80                                       |~...|
                """.trimIndent()
        }
    }

    test("a dump ends at its limit and says how much is missing") {
        withMemory(1_000) { memory ->
            val lines = memory.hexDump().lines()
            lines.size shouldBe 17
            lines[15].take(8) shouldBe "000000f0"
            lines[16] shouldBe "… 744 more bytes"
            memory.hexDump(limit = 20).lines().drop(1) shouldBe listOf(
                "00000010  00 00 00 00                                       |....|",
                "… 980 more bytes",
            )
            memory.hexDump(limit = 0) shouldBe "… 1,000 more bytes"
            memory.slice(0, 17).hexDump(limit = 16).lines()[1] shouldBe "… 1 more byte"
        }
    }

    test("a dump of nothing is empty") {
        withMemory(0) { it.hexDump() shouldBe "" }
    }

    test("a negative limit is refused") {
        withMemory(4) { memory ->
            shouldThrow<IllegalArgumentException> { memory.hexDump(-1) }.message shouldBe
                "limit -1 is negative; give the number of bytes to show"
        }
    }
})
