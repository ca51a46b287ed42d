package dev.leasehold.samples.guide

import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.exists
import kotlin.io.path.extension
import kotlin.io.path.readLines

/** A fenced block of a document: where it begins, its language, and its lines without white space around them. */
internal class CodeBlock(val document: String, val line: Int, val language: String, val lines: List<String>) {
    override fun toString(): String = "$document:$line"
}

/** Reads the code that documents show, and the sources that they must have it from. */
internal object CodeBlocks {
    private const val FENCE = "```"

    /** The repository's root: tests run in the folder of their module. */
    val root: Path = Path.of("..")

    /** The blocks of [document], a path from the root, whose language is one of [languages]. */
    fun of(document: String, languages: Set<String>): List<CodeBlock> =
        parse(document, root.resolve(document).readLines()).filter { it.language in languages }

    fun parse(document: String, text: List<String>): List<CodeBlock> = buildList {
        var opened = -1
        for ((index, line) in text.withIndex()) {
            if (!line.trim().startsWith(FENCE)) continue
            if (opened >= 0) {
                add(blockOf(document, text, opened, index))
                opened = -1
            } else {
                opened = index
            }
        }
        check(opened < 0) { "$document: the block that begins on line ${opened + 1} has no end" }
    }

    private fun blockOf(document: String, text: List<String>, opened: Int, closed: Int) = CodeBlock(
        document,
        opened + 1,
        text[opened].trim().removePrefix(FENCE).trim(),
        trimmed(text.subList(opened + 1, closed)),
    )

    /** Every main source file of the samples, and what the bridges' KDoc shows, line by line. */
    fun sources(): Map<String, List<String>> {
        val bridges = Files.list(root.resolve("bridges")).use { it.toList() }
        val modules = bridges.plusElement(root.resolve("memory-device"))
        val folders = listOf(Path.of("src/main")) + modules.map { it.resolve("src/test/kotlin/samples") }
        return folders.filter { it.exists() }.flatMap(::sourcesIn).toMap()
    }

    private fun sourcesIn(folder: Path): List<Pair<String, List<String>>> = Files.walk(folder).use { paths ->
        paths.filter { it.extension in setOf("kt", "java") }.toList().map { "$it" to trimmed(it.readLines()) }
    }

    /** Whether [block] stands in [source], line after line. */
    fun stands(block: CodeBlock, source: List<String>): Boolean =
        source.windowed(block.lines.size).any { it == block.lines }

    private fun trimmed(lines: List<String>) = lines.map { it.trim() }.filter { it.isNotEmpty() }
}
