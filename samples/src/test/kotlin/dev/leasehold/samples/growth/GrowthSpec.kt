package dev.leasehold.samples.growth

import dev.leasehold.memory.GiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MiB
import dev.leasehold.samples.execute
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.string.shouldStartWith
import java.io.ByteArrayOutputStream
import java.io.PrintStream

/** A machine that says what a test wants it to say. */
private class ScriptedMachine(private val resident: Long?, private val free: Long?) : Machine {
    override fun resident(): Long? = resident

    override fun free(): Long? = free
}

private class Ended(val code: Int, val out: String, val err: String)

class GrowthSpec : FunSpec() {
    private val roomy = ScriptedMachine(100.MiB, 64.GiB)

    private fun grow(vararg words: String, machine: Machine = roomy): Ended {
        val out = ByteArrayOutputStream()
        val err = ByteArrayOutputStream()
        val (printer, errors) = PrintStream(out, true, Charsets.UTF_8) to PrintStream(err, true, Charsets.UTF_8)
        val code = GrowthCommand(machine, printer, errors).execute(words.toList(), printer, errors)
        return Ended(code, out.toString(Charsets.UTF_8), err.toString(Charsets.UTF_8))
    }

    init {
        afterTest { MemoryBudget.root().children.filter { it.name == "growth" } shouldBe emptyList() }

        test("both ways reach the top with all of their content, step by step") {
            val ended = grow("--top", "8MiB", machine = Machine.here())
            ended.err shouldBe ""
            ended.code shouldBe 0
            for (way in listOf("resize", "copy")) {
                val steps = ended.out.lines().filter { Regex(" +$way +\\d.*0x[0-9a-f]{12} .*").matches(it) }
                steps.map { it.split(Regex(" {2,}"))[2] }.shouldContainExactly("1 MiB", "2 MiB", "4 MiB", "8 MiB")
            }
            ended.out shouldContain Regex("""\n +to +resize +allocate, copy, free +resize is\n""")
            ended.out shouldContain Regex("""\n +together +[\d.]+ .?s +[\d.]+ .?s +[\d.,]+ x (faster|slower)\n""")
            ended.out shouldContain Regex("""\n +8 MiB {2}█+░*\n""")
            ended.out shouldContain Regex("""\n {2}├─ manager resize +0 bytes +no limit +\d+ MiB\n""")
            ended.out shouldContain Regex("""\n {2}└─ manager copy +8 MiB +no limit +12 MiB\n""")
            ended.out shouldContain "All 2,048 pages hold what was written to them, in both."
        }

        test("a way that the budget stops says so in the budget's words, and the other goes on") {
            val ended = grow("--top", "16MiB", "--limit", "20MiB")
            ended.code shouldBe 1
            ended.err.trimEnd() shouldBe "copy was refused: app › growth: 8 MiB of 20 MiB used, 16 MiB requested " +
                "for the pages of 16,777,216 bytes by manager 'copy': close what is no longer used or raise the " +
                "limit of 'app › growth'"
            ended.out shouldContain Regex("""\n +16 MiB +[\d.]+ .?s +refused\n""")
            ended.out shouldContain "The buffer reached 16 MiB by resize and 8 MiB by allocate, copy, free."
        }

        test("a budget without room for the first mebibyte refuses both ways, and there is no table") {
            val ended = grow("--limit", "512KiB")
            ended.code shouldBe 1
            ended.err.lines().filter { it.isNotEmpty() } shouldBe listOf("resize", "copy").map {
                "$it was refused: app › growth: 0 bytes of 512 KiB used, 1 MiB requested for the pages of " +
                    "1,048,576 bytes by manager '$it': close what is no longer used or raise the limit of " +
                    "'app › growth'"
            }
            ended.out shouldNotContain "resize is"
            ended.out shouldContain "The buffer reached nothing by resize and nothing by allocate, copy, free."
        }

        test("a machine with too little memory gets a lower top, and hears why") {
            val ended = grow("--top", "64MiB", machine = ScriptedMachine(null, 200.MiB))
            ended.code shouldBe 0
            ended.out shouldStartWith "This machine has 200 MiB free. To copy a buffer to 64 MiB needs 240 MiB, " +
                "so it grows to 32 MiB only.\n\nGrowing a buffer from 1 MiB to 32 MiB"
            ended.out shouldContain "Most resident: not shown and not shown."
        }

        test("help is help") {
            val ended = grow("--help")
            ended.code shouldBe 0
            ended.err shouldBe ""
            ended.out shouldContain "--top"
        }

        context("a wrong command line is refused with what is wrong, and ends with 2") {
            withData(
                nameFn = { (words, _) -> words.joinToString(" ") },
                listOf("--top") to "option --top requires a value",
                listOf("--top", "much") to "invalid value for --top: 'much' is no size such as 64MiB or 1GiB",
                listOf("--top", "1GB") to "invalid value for --top: '1GB' is no size such as 64MiB or 1GiB",
                listOf("--top", "1.5GiB") to "invalid value for --top: '1.5GiB' is no size such as 64MiB or 1GiB",
                listOf("--top", "1MiB") to "--top is 1 MiB, but must be 2 MiB to 64 GiB",
                listOf("--limit", "99999999999999GiB") to
                    "invalid value for --limit: '99999999999999GiB' is no size such as 64MiB or 1GiB",
                listOf("--fast") to "no such option --fast",
            ) { (words, message) ->
                val ended = grow(*words.toTypedArray())
                ended.code shouldBe 2
                ended.out shouldBe ""
                ended.err shouldContain "Error: $message"
            }
        }
    }
}
