package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
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

private val names = Arb.element(
    "a",
    "Kardal",
    "seventy",
    "eightyyy",
    "Ørhavn Süd",
    "sixteen and more bytes",
    "é".repeat(50),
)
private val goodTenths = Arb.int(-999..999).map { it / 10.0 }
private val temperatures = Arb.choice(
    goodTenths.map(Double::toString),
    goodTenths.map(Double::toString),
    goodTenths.map(Double::toString),
    Arb.element("-0.0", "00.0", "05.5"),
)
private val badLines =
    Arb.element(
        listOf("", ";", "a;", ";1.0", "a") +
            listOf("", "1", ".5", "1.", "-", "-.5", "100.0", "1.00", "1.a", "1:0", "/.0", "1.0;").map { "a;$it" },
    )
private val lines = Arb.choice(
    List(40) { Arb.bindLine() } + badLines,
)

private fun Arb.Companion.bindLine(): Arb<String> = arbitrary {
    "${names.bind()};${temperatures.bind()}"
}

class LineParserSpec : FunSpec({
    test("the parser in place takes and refuses exactly what the parser of strings does") {
        checkAll(3_000, Arb.list(lines, 0..60)) { text ->
            parsedInPlace(text, 64 * 1024) shouldBe parsedAsStrings(text)
        }
    }

    test("it makes no difference where the chunks end") {
        checkAll(300, Arb.list(lines, 1..20), Arb.int(1..40)) { text, chunk ->
            parsedInPlace(text, chunk) shouldBe parsedAsStrings(text)
        }
    }
})

/** The answer, or the number of the line that was refused. */
private fun parsedAsStrings(lines: List<String>): String {
    val stations = HashMap<String, HeapStation>()
    val parser = HeapLines(stations)
    return try {
        lines.forEach(parser::take)
        HeapStation.answer(stations)
    } catch (refused: LineRefusedException) {
        "refused ${refused.line}"
    }
}

/** The same, read in chunks of [chunk] bytes as a socket might bring them. */
private fun parsedInPlace(lines: List<String>, chunk: Int): String = MemoryPool.isolated("parser").use { pool ->
    Totals(pool).use { totals ->
        checkNotNull(StationTable.on(Ground.own(pool))).use { table ->
            try {
                val rest = parseChunks(lines.joinToString("") { "$it\n" }.toByteArray(), chunk, LineParser(table), pool)
                rest shouldBe 0
                totals.add(table)
                totals.answer()
            } catch (refused: LineRefusedException) {
                "refused ${refused.line}"
            }
        }
    }
}

private fun parseChunks(bytes: ByteArray, chunk: Int, parser: LineParser, pool: MemoryPool): Long =
    pool.rent(bytes.size + LineParser.SLACK.toLong()).use { buffer ->
        // What lies behind the bytes that have come must make no difference: the worst would be a line that seems to
        // go on.
        buffer.segment.fill(';'.code.toByte())
        var kept = 0L
        for (start in bytes.indices step chunk) {
            val size = minOf(chunk, bytes.size - start)
            buffer.segment.copyFrom(bytes, start, kept, size)
            val end = kept + size
            val from = parser.parse(buffer.segment, 0, end)
            kept = end - from
            buffer.segment.copyTo(buffer.segment, 0, from, kept)
        }
        kept
    }
