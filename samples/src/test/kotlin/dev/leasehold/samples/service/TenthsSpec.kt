package dev.leasehold.samples.service

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder

private fun parse(text: String): Int {
    val bytes = text.toByteArray(Charsets.ISO_8859_1).copyOf(8)
    return Tenths.parse(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong())
}

class TenthsSpec : FunSpec({
    test("every temperature is read, whatever follows its line feed") {
        for (tenths in -999..999) {
            for (rest in listOf("", "9", "\n", ";;", "\u00ff\u00ff")) {
                val text = "${tenths / 10.0}\n"
                val parsed = parse(text + rest)
                Tenths.valueOf(parsed) shouldBe tenths
                Tenths.lengthOf(parsed) shouldBe text.length
            }
        }
    }

    test("one wrong byte anywhere is refused") {
        val pattern = Regex("-?[0-9]{1,2}\\.[0-9]\n.*", RegexOption.DOT_MATCHES_ALL)
        for (text in listOf("1.2\n", "12.3\n", "-1.2\n", "-12.3\n")) {
            for (at in text.indices) {
                for (byte in 0..255) {
                    val wrong = text.replaceRange(at, at + 1, byte.toChar().toString())
                    (parse(wrong) != Tenths.NONE) shouldBe pattern.matches(wrong)
                }
            }
        }
    }
})
