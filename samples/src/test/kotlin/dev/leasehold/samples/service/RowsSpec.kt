package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.rent
import dev.leasehold.memory.toByteArray
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempfile
import io.kotest.inspectors.forAll
import io.kotest.matchers.collections.shouldBeUnique
import io.kotest.matchers.doubles.shouldBeGreaterThan
import io.kotest.matchers.doubles.shouldBeLessThan
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.io.ByteArrayOutputStream

class RowsSpec : FunSpec({
    val file = tempfile()

    fun fileRows(clients: Int, repeat: Int = 1) = TextRows.ofFile(file.toPath(), clients, repeat)

    test("the parts of a file are whole lines and together the file, whatever the number of clients") {
        file.writeText(List(50) { "station $it;${it - 20}.0\n" }.joinToString(""))
        for (clients in 1..60) {
            val sent = sent(fileRows(clients))
            sent.joinToString("") shouldBe file.readText()
            sent.forEach { part -> (part.isEmpty() || part.endsWith('\n')) shouldBe true }
        }
    }

    test("a last line without an end is sent with one") {
        file.writeText("a;1.0\nb;2.0")
        for (clients in 1..5) sent(fileRows(clients)).joinToString("") shouldBe "a;1.0\nb;2.0\n"
        sent(fileRows(clients = 1, repeat = 2)).single() shouldBe "a;1.0\nb;2.0\n".repeat(2)
    }

    test("an empty file is sent as nothing") {
        file.writeText("")
        sent(fileRows(clients = 3, repeat = 2)).joinToString("") shouldBe ""
    }

    test("lines are counted, and a line of a part is found in the file") {
        file.writeText(List(1000) { "s;$it.0\n" }.joinToString(""))
        val rows = fileRows(clients = 4, repeat = 3)
        rows.count shouldBe 3000
        rows.place(0, 1) shouldBe "line 1 of $file"
        val first = sent(fileRows(clients = 4))[0].count { it == '\n' }
        rows.place(1, 5) shouldBe "line ${first + 5} of $file"
    }

    test("names are different, up to 100 bytes, and many are not ASCII") {
        val names = StationNames.make(413)
        names.shouldBeUnique()
        names.forAll {
            it.toByteArray().size shouldBeInRange 1..100
            (';' in it || '\n' in it) shouldBe false
        }
        names.maxOf { it.toByteArray().size } shouldBeInRange 85..100
        names.count { name -> name.any { it > '\u007f' } } shouldBeInRange 150..350
        names.any { name -> name.any(Char::isSurrogate) } shouldBe true
    }

    test("ten thousand stations can be named") {
        StationNames.make(10_000).shouldBeUnique().size shouldBe 10_000
    }

    test("the same seed gives the same bytes, another seed others") {
        fun bytes(seed: Long) = sent(GeneratedRows(5_000, clients = 3, seed))
        bytes(7) shouldBe bytes(7)
        bytes(7) shouldNotBe bytes(8)
    }

    test("all clients together send as many lines as were requested, each of them good, over a wide range") {
        val lines = sent(GeneratedRows(300_001, clients = 7, seed = 1)).joinToString("").removeSuffix("\n").split('\n')
        lines.size shouldBe 300_001
        lines.all { Regex("[^;]+;-?[0-9]{1,2}\\.[0-9]").matches(it) } shouldBe true
        lines.map { it.substringBefore(';') }.distinct().size shouldBe 413
        val temperatures = lines.map { it.substringAfter(';').toDouble() }
        temperatures.min() shouldBeLessThan -40.0
        temperatures.max() shouldBeGreaterThan 60.0
    }
})

/** What each client sends, read into a buffer that is smaller than most files. */
private fun sent(rows: Rows): List<String> = MemoryPool.isolated("rows").use { pool ->
    pool.rent(200).use { buffer ->
        List(rows.clients) { client ->
            val bytes = ByteArrayOutputStream()
            val source = rows.open(client)
            generateSequence { source.fill(buffer.segment).takeIf { it > 0 } }
                .forEach { bytes.writeBytes(buffer.segment.slice(0, it).toByteArray()) }
            bytes.toString(Charsets.UTF_8)
        }
    }
}
