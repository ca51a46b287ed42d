package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.mapped.RunShape
import dev.leasehold.memory.support.FormatExample
import dev.leasehold.memory.support.MappedFiles
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.nio.file.Path
import kotlin.io.path.readLines
import kotlin.io.path.writeLines

/**
 * Compares `docs/mapped-format.md` with what this library writes. With `-Dformat.update=true` the parts of the document
 * that are computed are written anew.
 */
class MappedFormatSpec : FunSpec({
    val document = GeneratedParts(Path.of("..", "docs", "mapped-format.md"))

    test("the table of size classes is that of the library") {
        document.check("size classes", sizeClasses())
    }

    test("the example is the file that the library writes") {
        MappedFiles.withPath { path ->
            FormatExample.make(path)
            document.check("example", listOf("```text") + FormatExample.describe(path) + "```")
        }
    }
})

private fun sizeClasses(): List<String> {
    val head =
        listOf("| code | bytes of a block | spans of a run | blocks | first block at |", "|---:|---:|---:|---:|---:|")
    val rows = generateSequence(0) { it + 1 }.map(RunShape::find).takeWhile { it != null }.filterNotNull().map {
        "| ${it.code} | ${it.blockBytes} | ${it.spans} | ${it.count} | ${it.dataAt} |"
    }
    val large = RunShape.of(BlockKind.LARGE)
    val bytes = "65536 × spans − ${large.dataAt}"
    return head + rows + "| ${large.code} | $bytes | 1 or more | ${large.count} | ${large.dataAt} |"
}

/** The parts of a [document] between comments that name them. */
private class GeneratedParts(private val document: Path) {
    private val update = System.getProperty("format.update") == "true"

    fun check(name: String, expected: List<String>) {
        val lines = document.readLines()
        val from = lines.indexOf("<!-- $name: generated -->") + 1
        val until = lines.indexOf("<!-- $name: end -->")
        check(from in 1..until) { "$document has no part '$name'" }
        if (update) {
            document.writeLines(lines.subList(0, from) + expected + lines.subList(until, lines.size))
        } else {
            lines.subList(from, until).joinToString("\n") shouldBe expected.joinToString("\n")
        }
    }
}
