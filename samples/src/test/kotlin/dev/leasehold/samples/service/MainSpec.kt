package dev.leasehold.samples.service

import dev.leasehold.samples.execute
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import java.io.ByteArrayOutputStream
import java.io.PrintStream

private class Ended(val code: Int, val out: String, val err: String)

private fun runMain(vararg words: String): Ended {
    val (out, err) = ByteArrayOutputStream() to ByteArrayOutputStream()
    val (printer, errors) = PrintStream(out, true, Charsets.UTF_8) to PrintStream(err, true, Charsets.UTF_8)
    val code = ServiceCommand(printer, errors).execute(words.toList(), printer, errors)
    return Ended(code, out.toString(Charsets.UTF_8), err.toString(Charsets.UTF_8))
}

private fun resource(name: String): ByteArray =
    checkNotNull(TextRows::class.java.getResource(name)) { "no $name" }.readBytes()

class MainSpec : FunSpec({
    test("the program ends with the table, and nothing is leased any more") {
        val ended = runMain("--rows", "20000", "--clients", "3")
        ended.err shouldBe ""
        ended.code shouldBe 0
        ended.out shouldStartWith
            "Measurement service: 20,000 rows (generated, seed 42, 413 stations), 3 clients over TCP"
        ended.out shouldContain Regex("20,000 rows +100 %")
        ended.out shouldContain "All answers match those of a plain HashMap: {"
        listOf("rows per second", "heap bytes per row", "collections", "peak").forEach { ended.out shouldContain it }
        ended.out shouldContain Regex("used +0 B")
    }

    test("five hundred clients are answered under a small limit") {
        val ended = runMain("--rows", "4000", "--clients", "500", "--memory", "8MiB")
        ended.err shouldBe ""
        ended.code shouldBe 0
        ended.out shouldContain Regex("limit +8,388,608 B")
        ended.out shouldContain Regex("served at once +[4-9][0-9] ")
    }

    test("the bundled input gives the answer that is kept beside it") {
        val expected = String(resource("measurements-small.answer.txt")).trimEnd('\n')
        withService { talk(resource(TextRows.BUNDLED)) shouldBe expected }
        val ended = runMain("--bundled", "--repeat", "3")
        ended.code shouldBe 0
        ended.out shouldContain "15,000 rows (measurements-small.txt, 3 times over)"
        ended.out shouldContain expected.substringBefore(',')
    }

    test("a bad line in a file is named by its place in the file, and the program fails") {
        val file = tempfile()
        file.writeText(List(100) { if (it == 70) "bad\n" else "a;1.0\n" }.joinToString(""))
        val ended = runMain("--input", file.path, "--clients", "4")
        ended.code shouldBe 1
        ended.err.trimEnd() shouldBe
            "The service refused line 71 of ${file.path}: no ';' between station and temperature in 'bad'"
    }

    test("no rows at all are no mistake") {
        runMain("--rows", "0").code shouldBe 0
    }

    test("help is help") {
        val ended = runMain("--help")
        ended.code shouldBe 0
        ended.err shouldBe ""
        ended.out shouldContain "--rows"
    }

    context("a wrong command line is refused with what is wrong, and ends with 2") {
        withData(
            nameFn = { (words, _) -> words.joinToString(" ") },
            listOf("--rows") to "option --rows requires a value",
            listOf("--rows", "many") to "invalid value for --rows: many is not a valid integer",
            listOf("--rows", "-1") to "invalid value for --rows: -1 is not in the valid range of 0 to",
            listOf("--clients", "0") to "invalid value for --clients: 0 is not in the valid range of 1 to 10000",
            listOf("--input", "/no/such/file") to "invalid value for --input: file \"/no/such/file\" does not exist",
            listOf("--memory", "much") to "invalid value for --memory: 'much' is no size such as 64MiB or 1GiB",
            listOf("--memory", "64KiB") to "--memory must be at least 8388608 bytes",
            listOf("--bundled", "--input", ".") to "invalid value for --input: file \".\" is a directory",
            listOf("--fast") to "no such option --fast",
        ) { (words, message) ->
            val ended = runMain(*words.toTypedArray())
            ended.code shouldBe 2
            ended.out shouldBe ""
            ended.err shouldContain "Error: $message"
        }
    }

    test("a file and the bundled input exclude each other") {
        val ended = runMain("--bundled", "--input", tempfile().path)
        ended.code shouldBe 2
        ended.err shouldContain "--input and --bundled exclude each other"
    }
})
