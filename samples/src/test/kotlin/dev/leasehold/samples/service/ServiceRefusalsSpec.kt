package dev.leasehold.samples.service

import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith

private class Bad(val name: String, val line: ByteArray, val answer: String) {
    constructor(name: String, line: String, answer: String) : this(name, line.toByteArray(), answer)
}

private fun named(vararg bytes: Int): ByteArray = ByteArray(bytes.size) { bytes[it].toByte() } + ";1.0\n".toByteArray()

private val BAD_LINES = listOf(
    Bad("no separator", "Kardal 1.0\n", "no ';' between station and temperature in 'Kardal 1.0'"),
    Bad("an empty line", "\n", "no ';' between station and temperature in ''"),
    Bad("no name", ";1.0\n", "no station before the ';'"),
    Bad("a name of 101 bytes", "x".repeat(101) + ";1.0\n", "a name of 101 bytes; at most 100 are allowed"),
    Bad("51 letters of two bytes", "é".repeat(51) + ";1.0\n", "a name of 102 bytes; at most 100 are allowed"),
    Bad("a line of 200 bytes", "x".repeat(200) + ";1.0\n", "too long: no end within 107 bytes"),
    Bad("a line without an end", "x".repeat(100_000), "too long: no end within 107 bytes"),
    Bad("no temperature", "Kardal;\n", "'' is no temperature; write -99.9 to 99.9 with one decimal"),
    Bad("no decimal", "Kardal;12\n", "'12' is no temperature"),
    Bad("two decimals", "Kardal;1.25\n", "'1.25' is no temperature"),
    Bad("a comma", "Kardal;1,2\n", "'1,2' is no temperature"),
    Bad("three digits", "Kardal;100.0\n", "'100.0' is no temperature"),
    Bad("two signs", "Kardal;--1.0\n", "'--1.0' is no temperature"),
    Bad("a plus", "Kardal;+1.0\n", "'+1.0' is no temperature"),
    Bad("a second separator", "Kardal;1.0;2.0\n", "'1.0;2.0' is no temperature"),
    Bad("a carriage return", "Kardal;1.0\r\n", "'1.0\\x0d' is no temperature"),
    Bad("a name cut in a letter", named(0x41, 0xC3), "the name is not UTF-8: 'A\\xc3'"),
    Bad("a surrogate", named(0xED, 0xA0, 0x80), "the name is not UTF-8: '\\xed\\xa0\\x80'"),
    Bad("an overlong form", named(0xC0, 0xAF), "the name is not UTF-8: '\\xc0\\xaf'"),
)

class ServiceRefusalsSpec : FunSpec({
    context("a bad line 17 is refused with its number and its fault, and no other connection notices") {
        withData(nameFn = { it.name }, BAD_LINES) { bad ->
            withService {
                val other = connect().apply { send(LINE) }
                val stream = LINE.repeat(16).toByteArray() + bad.line + LINE.repeat(1000).toByteArray()
                talk(stream) shouldStartWith "ERROR line 17: ${bad.answer}"
                talk(stream, piece = 4001) shouldStartWith "ERROR line 17: ${bad.answer}"
                nextRefusal() shouldStartWith "line 17: "
                other.send(LINE)
                finish(other) shouldBe LINE_ANSWER
            }
        }
    }

    test("a stream that ends within a line is refused") {
        withService {
            talk("a;1.0\nb;2.0") shouldBe "ERROR line 2: cut off after 5 bytes: the stream ended before the line did"
            talk("a") shouldStartWith "ERROR line 1: cut off after 1 bytes"
        }
    }

    test("the station after the last that is allowed is refused by its line") {
        withService {
            talk(List(10_001) { "a$it;1.0\n" }.joinToString("")) shouldBe
                "ERROR line 10001: one station more than the 10000 that a stream may have"
        }
    }

    test("a refused client that goes on sending still gets its answer") {
        withService { talk("bad\n" + "a;1.0\n".repeat(1_000_000)) shouldStartWith "ERROR line 1: no ';'" }
    }
})
