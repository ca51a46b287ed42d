package dev.leasehold.samples.guide

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import java.nio.file.Path
import kotlin.io.path.exists
import kotlin.io.path.readLines
import kotlin.io.path.readText

/** What the documents show as code is code that was compiled. */
class DocumentedCodeSpec : FunSpec() {
    private val languages = setOf("kotlin", "java")
    private val documents = mapOf(
        "README.md" to languages,
        "docs/guide.md" to languages,
        "docs/memory-grows.md" to setOf("kotlin"),
        "docs/bridges.md" to setOf("kotlin"),
        "docs/devices.md" to setOf("kotlin"),
    )
    private val linked = listOf("docs/safety.md", "docs/performance.md", "samples/README.md", "benchmarks/BARS.md") +
        listOf("CONTRIBUTING.md", "CHANGELOG.md")
    private val sources = CodeBlocks.sources()

    init {
        for ((document, written) in documents) {
            test("every block of $document in Kotlin or Java stands in a compiled source file") {
                val blocks = CodeBlocks.of(document, languages)
                blocks.map { it.language }.toSet() shouldBe written
                blocks.filter { it.lines.isEmpty() }.shouldBeEmpty()
                blocks.filter { block -> sources.values.none { CodeBlocks.stands(block, it) } }.shouldBeEmpty()
            }
        }

        test("a block that differs from the sources by one word is found") {
            val shown = CodeBlocks.of("README.md", languages).first()
            val spoilt =
                CodeBlock(shown.document, shown.line, shown.language, shown.lines.map { it.replace("val", "var") })
            sources.values.none { CodeBlocks.stands(spoilt, it) } shouldBe true
        }

        test("every region of the guide's sources is shown") {
            val shown = documents.keys.flatMap { CodeBlocks.of(it, languages) }.map { it.lines.first() }
            val regions = sources.filterKeys { "guide" in it }.values.flatMap { source ->
                source.indices.filter { source[it].startsWith("// region ") }.map { source[it] to source[it + 1] }
            }
            regions.shouldNotBeEmpty()
            for ((_, firstLine) in regions) shown shouldContain firstLine
        }

        for (document in documents.keys + linked) {
            test("every link of $document to a file or a heading leads to one") {
                val page = CodeBlocks.root.resolve(document)
                val links = Regex("""]\((?!https?://)([^)#]*)(?:#([^)]*))?\)""").findAll(page.readText())
                links.map { it.destructured }.filterNot { (file, anchor) ->
                    val target = if (file.isEmpty()) page else page.resolveSibling(file)
                    target.exists() && (anchor.isEmpty() || anchor in anchorsOf(target))
                }.map { (file, anchor) -> "$file#$anchor" }.toList().shouldBeEmpty()
            }
        }
    }

    /** The anchors of a page's headings, as the usual forges make them. */
    private fun anchorsOf(page: Path): List<String> = page.readLines().filter { it.startsWith("#") }.map { heading ->
        heading.trimStart('#', ' ').lowercase().replace(Regex("[^\\p{L}\\p{N} _-]"), "").replace(' ', '-')
    }
}
