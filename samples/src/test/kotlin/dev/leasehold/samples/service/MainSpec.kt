package dev.leasehold.samples.service

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
    val out = ByteArrayOutputStream()
    val err = ByteArrayOutputStream()
    val code = run(words.toList(), PrintStream(out, true, Charsets.UTF_8), PrintStream(err, true, Charsets.UTF_8))
    return Ended(code, out.toString(Charsets.UTF_8), err.toString(Charsets.UTF_8))
}

class MainSpec : FunSpec({
    test("the main job ends with the table, and nothing is leased any more") {
        val ended = runMain("--rows", "20_000", "--clients", "3")
        ended.err shouldBe ""
        ended.code shouldBe 0
        ended.out shouldContain "The answers of all versions are the same: {"
        listOf("rows per second", "heap bytes per row", "collections", "longest pause").forEach {
            ended.out shouldContain
                it
        }
        ended.out shouldContain Regex("used +0 B")
    }

    test("the coroutines are held to their limit, and the others wait while slow clients keep all of it") {
        val ended = runMain("--rows", "4000", "--clients", "200", "--slow", "160", "--memory", "8MiB")
        ended.err shouldBe ""
        ended.code shouldBe 0
        ended.out shouldContain Regex("limit +8,388,608 B")
        ended.out shouldContain Regex("waited for memory +[1-9]")
    }

    test("above a thousand clients the coroutines run alone, and their answers are held to the heap version's") {
        val ended = runMain("--rows", "3000", "--clients", "1001", "--memory", "8MiB")
        ended.err shouldBe ""
        ended.code shouldBe 0
        ended.out shouldContain "All answers are those of the heap version."
        ended.out shouldContain Regex("1,001 +0 ")
    }

    for (kind in listOf("platform", "virtual")) {
        test("$kind threads are compared with the heap version alone") {
            val ended = runMain("--rows", "1000", "--threads", kind)
            ended.code shouldBe 0
            ended.out shouldContain Regex("heap +leased\\n")
        }
    }

    test("the bundled input gives the answer that is kept beside it") {
        val expected = checkNotNull(
            Workloads::class.java.getResource(Workloads.BUNDLED_ANSWER),
        ).readText().trimEnd('\n')
        val input = checkNotNull(Workloads::class.java.getResource(Workloads.BUNDLED)).readBytes()
        withService { talk(input) shouldBe expected }
        val ended = runMain("--bundled", "--repeat", "3", "--threads", "virtual")
        ended.code shouldBe 0
        ended.out shouldContain "15,000 rows (measurements-small.txt, 3 times over)"
        ended.out shouldContain Report.answer(expected)
    }

    test("a bad line in a file is named by its place in the file, and the program fails") {
        val file = tempfile()
        file.writeText(List(100) { if (it == 70) "bad\n" else "a;1.0\n" }.joinToString(""))
        val ended = runMain("--input", file.path, "--clients", "4")
        ended.code shouldBe 1
        ended.err shouldStartWith "The service refused line 71 of ${file.path}: line "
        ended.err shouldContain "no ';' between station and temperature in 'bad'"
    }

    test("no rows at all are no mistake") {
        runMain("--rows", "0").code shouldBe 0
    }

    test("written lines are what the clients would send") {
        val file = tempfile()
        runMain("--rows", "1000", "--write", file.path).code shouldBe 0
        file.readLines().size shouldBe 1000
        runMain("--input", file.path).code shouldBe 0
    }

    test("help is help") {
        val ended = runMain("--help")
        ended.code shouldBe 0
        ended.out shouldContain "--rows N"
    }

    context("a wrong command line is told what is wrong, and ends with 2") {
        withData(
            nameFn = { (words, _) -> words.joinToString(" ") },
            listOf("--rows") to "--rows needs a value behind it",
            listOf("--rows", "many") to "--rows needs a whole number, not 'many'",
            listOf("--rows", "-1") to "--rows is -1, but must be 0 to",
            listOf("--clients", "0") to "--clients is 0, but must be 1 to 10000",
            listOf("--stations", "10001") to "--stations is 10001, but must be 1 to 10000",
            listOf("--input", "/no/such/file") to "--input: there is no file '/no/such/file'",
            listOf("--threads", "green") to "--threads is 'coroutines', 'platform' or 'virtual', not 'green'",
            listOf("--memory", "much") to "--memory needs a size such as 64MiB or 512KiB, not 'much'",
            listOf("--memory", "64KiB") to "--memory is 65536 bytes, but the service needs at least 8388608",
            listOf("--slow", "5") to "--slow is 5, but there are only 4 --clients",
            listOf(
                "--threads",
                "virtual",
                "--sweep",
            ) to "--threads virtual serves at most 1000 clients, and no --sweep",
            listOf("--threads", "platform", "--clients", "1001") to "--threads platform serves at most 1000 clients",
            listOf("--repeat", "2") to "--repeat needs --input or --bundled",
            listOf("--fast") to "unknown argument '--fast'",
        ) { (words, message) ->
            val ended = runMain(*words.toTypedArray())
            ended.code shouldBe 2
            ended.err shouldStartWith message
            ended.err shouldContain "--help"
        }
    }
})
