package dev.leasehold.samples.leaks

import dev.leasehold.samples.guide.CodeBlocks
import dev.leasehold.testing.JavaProgram
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import java.io.File
import java.nio.file.Path
import kotlin.io.path.readLines
import kotlin.io.path.readText

/** What is to be found of one leak: its class, and the method that takes what is leaked. */
private class Expected(val name: String, val type: String, val method: String, val title: String) {
    private val source: List<String> =
        Path.of("src/main/kotlin/dev/leasehold/samples/leaks/$type.kt").readLines()

    val line: String = "$type.kt:" + (source.indices.single { "// taken here" in source[it] } + 1)

    val site: String = "dev.leasehold.samples.leaks.$type.$method($line)"
}

class LeaksSpec : FunSpec() {
    private val leaks = listOf(
        Expected("lease", "UnclosedLease", "stamp", "A lease that is never closed"),
        Expected("block", "RetainedBlock", "paint", "A block that is retained once too often"),
        Expected("scope", "EndlessScope", "work", "A scope that never ends"),
        Expected("view", "KeptView", "publish", "A view that keeps closed memory in quarantine"),
    )

    private fun run(vararg arguments: String, watched: Int = 1024): JavaProgram.End {
        val classPath = System.getProperty("java.class.path").split(File.pathSeparator).map(Path::of)
        val options = listOf("-Xmx32m", "-Ddev.leasehold.memory.sampleEvery=$watched")
        return JavaProgram("dev.leasehold.samples.leaks.MainKt", classPath, options).run(*arguments)
    }

    /** What was printed, without the breaks of its lines. */
    private fun joined(output: String) = output.replace(Regex("\\s+"), " ")

    /** The sites that a report names as the line. */
    private fun lines(output: String) = Regex(" line +(\\S+)\n").findAll(output).map { it.groupValues[1] }.toList()

    /** What was printed of one leak. */
    private fun part(output: String, leak: Expected) =
        joined(output).substringAfter("${leak.title} (leaks ${leak.name})").substringBefore("(leaks ")

    init {
        test("each leak is found, with the line that takes what is leaked") {
            val end = run()
            lines(end.output) shouldContainExactly leaks.map { it.site }
            end.exitCode shouldBe 0
            val (lease, block, scope, view) = leaks.map { part(end.output, it) }

            val site = leaks.first().site
            lease shouldContain Regex("pool letters .* 25,000 KiB .* 0 bytes tool")
            lease shouldContain "LEAK: a lease of 1,024 bytes from pool 'letters' was never closed; rented at $site by "
            lease shouldContain Regex("\\d+ lost, of [\\d,]+ bytes, from 'letters' at ${Regex.escape(site)}")
            lease shouldContain "25,000 leases of 25,600,000 bytes are outstanding"

            block shouldContain Regex("manager pictures 32 MiB 32 MiB 0 bytes 0 bytes")
            block shouldContain
                Regex("; held by \\d+ blocks of [\\d,]+ bytes allocated at ${Regex.escape(leaks[1].site)}")
            block shouldContain "block.refCount: 1 of a picture"

            scope shouldContain Regex("pool desks 64 KiB 64 KiB")
            scope shouldContain Regex("watchHolds\\(200ms\\): a lease of 65,536 bytes .*as 'night', \\d+ m?s ago")
            scope shouldContain "1 lease of 65,536 bytes rented at ${leaks[2].site} by thread 'main' (#3) as 'night'"

            view shouldContain Regex("pool news [\\d,]+ KiB 20 KiB .* 8,1\\d\\d KiB")
            view shouldContain "2 of 2,048 bytes from 'news' at ${leaks[3].site}, the oldest "
        }

        test("the same without the mistakes reports nothing, also where all is watched") {
            // An album of closed blocks that all remember their calls needs a larger heap.
            for (end in listOf(run("--mended"), run("--mended", "lease", "scope", "view", watched = 1))) {
                end.output.trim() shouldBe "No leak was found."
                end.exitCode shouldBe 0
            }
        }

        test("a leak that no sample watches is not found, and the program says so by its end") {
            val end = run("block", watched = 0)
            lines(end.output).shouldBeEmpty()
            end.output shouldContain "no room"
            end.exitCode shouldBe 1
        }

        context("an argument chooses the leak") {
            withData(nameFn = { it.name }, leaks.filter { it.name == "block" || it.name == "scope" }) { leak ->
                val end = run(leak.name)
                lines(end.output) shouldContainExactly listOf(leak.site)
                end.exitCode shouldBe 0
            }
        }

        test("a leak that there is not is refused, and ends with 2") {
            val end = run("pipe")
            end.output shouldContain "invalid choice: pipe. (choose from lease, block, scope, view)"
            end.exitCode shouldBe 2
        }

        test("the page on memory that grows shows the lines that the program prints") {
            val page = CodeBlocks.root.resolve("docs/memory-grows.md").readText()
            val printed = Regex("leaks\\.(\\w+)\\.(\\w+)\\((\\w+\\.kt:\\d+)\\)").findAll(page).map { it.value }.toList()
            printed.size shouldBeGreaterThan leaks.size
            printed.toSet() shouldBe leaks.map { it.site.removePrefix("dev.leasehold.samples.") }.toSet()
            for (leak in leaks) page shouldContain "${leak.title} (leaks ${leak.name})\n"
        }

        test("what the page shows as printed is printed, but for its figures of time and chance") {
            val shown = CodeBlocks.of("docs/memory-grows.md", setOf("text")).flatMap { it.lines }.joinToString(" ")
            val text = Regex.escape(joined(shown)).replace(Regex("\\d[\\d,]*"), "\\\\E[\\\\d,]+\\\\Q")
                .replace(Regex(" m?s "), " \\\\Em?s\\\\Q ")
            joined(run().output) shouldMatch Regex(".*$text.*")
        }
    }
}
