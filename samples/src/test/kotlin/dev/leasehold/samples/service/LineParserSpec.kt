package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.rent
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.arbitrary
import io.kotest.property.arbitrary.choice
import io.kotest.property.arbitrary.element
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.list
import io.kotest.property.arbitrary.map
import io.kotest.property.checkAll

private val names =
    Arb.element("a", "Kardal", "seventy", "eightyyy", "Ørhavn Süd", "sixteen and more bytes", "é".repeat(50))
private val goodTenths = Arb.int(-999..999).map { "${it / 10.0}" }
private val temperatures = Arb.choice(goodTenths, goodTenths, goodTenths, Arb.element("-0.0", "00.0", "05.5"))
private val goodLine = arbitrary { "${names.bind()};${temperatures.bind()}" }
private val badLine = Arb.element(
    listOf("", ";", "a;", ";1.0", "a") +
        listOf("", "1", ".5", "1.", "-", "-.5", "100.0", "1.00", "1.a", "1:0", "/.0", "1.0;").map { "a;$it" },
)
private val lines = Arb.choice(List(40) { goodLine } + badLine)

class LineParserSpec : FunSpec({
    test("lines are taken and refused as their definition says, wherever they lie") {
        checkAll(3_000, Arb.list(lines, 0..60)) { text -> parsed(text, 64 * 1024) shouldBe defined(text) }
    }

    test("it makes no difference where the reads end") {
        checkAll(300, Arb.list(lines, 1..20), Arb.int(1..40)) { text, chunk ->
            parsed(text, chunk) shouldBe
                defined(text)
        }
    }

    test("every temperature is read") {
        for (tenths in -999..999) tenthsOf("${tenths / 10.0}") shouldBe tenths
    }

    test("one wrong byte anywhere in a temperature is refused") {
        val pattern = Regex("-?[0-9]{1,2}\\.[0-9]", RegexOption.DOT_MATCHES_ALL)
        for (text in listOf("1.2", "12.3", "-1.2", "-12.3")) {
            for (at in text.indices) {
                for (byte in 0..255) {
                    val wrong = text.replaceRange(at, at + 1, byte.toChar().toString())
                    (tenthsOf(wrong) != LineParser.NO_TEMPERATURE) shouldBe pattern.matches(wrong)
                }
            }
        }
    }
})

private fun tenthsOf(text: String): Int = segmentOf(text.toByteArray(Charsets.ISO_8859_1)).let {
    LineParser.tenths(it, 0, it.size)
}

/** The answer by the definition, or the number of the line that it refuses. */
private fun defined(lines: List<String>): String {
    val bad = lines.indexOfFirst { !Regex("[^;\n]{1,100};-?[0-9]{1,2}\\.[0-9]").matches(it) }
    if (bad >= 0) return "line ${bad + 1}"
    return MemoryPool.isolated("heap").use { pool ->
        pool.rent(64 * 1024).use { buffer ->
            val text = lines.joinToString("") { "$it\n" }.ifEmpty { return "{}" }
            val source = TextRows(segmentOf(text.toByteArray()), "text", clients = 1, repeat = 1).open(0)
            HeapCheck().apply { addAll(source, buffer.segment) }.answer()
        }
    }
}

/** The same by the parser, which is given [chunk] bytes at a time. */
private fun parsed(lines: List<String>, chunk: Int): String = MemoryPool.isolated("parser").use { pool ->
    val text = lines.joinToString("") { "$it\n" }.toByteArray()
    pool.rent(ServiceMemory.LARGE_TABLE).use { lease ->
        val table = StationTable(lease.segment).apply { clear() }
        pool.rent(text.size.toLong()).use { buffer ->
            try {
                parseChunks(text, chunk, table, buffer.segment) shouldBe 0
                table.stations().joinToString(", ", "{", "}")
            } catch (refused: LineRefusedException) {
                refused.message.orEmpty().substringBefore(':')
            }
        }
    }
}

/** Hands the parser what is there after each chunk, and returns how many bytes it has left over. */
private fun parseChunks(text: ByteArray, chunk: Int, table: StationTable, buffer: Segment): Long {
    val parser = LineParser()
    var kept = 0L
    for (start in text.indices step chunk) {
        val size = minOf(chunk, text.size - start)
        buffer.copyFrom(text, start, kept, size)
        val end = kept + size
        val taken = parser.parse(buffer.slice(0, end), table)
        kept = end - taken
        buffer.copyTo(buffer, 0, taken, kept)
    }
    return kept
}
