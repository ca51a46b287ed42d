package dev.leasehold.docs

import org.commonmark.ext.gfm.tables.TablesExtension
import org.commonmark.ext.heading.anchor.HeadingAnchorExtension
import org.commonmark.node.AbstractVisitor
import org.commonmark.node.Heading
import org.commonmark.node.Image
import org.commonmark.node.Link
import org.commonmark.node.Node
import org.commonmark.node.Text
import org.commonmark.parser.Parser
import org.commonmark.renderer.html.HtmlRenderer
import org.commonmark.renderer.text.TextContentRenderer
import java.io.File

/**
 * The pages of a site that are written by hand: the README as the front page, and what lies in `docs`. A link from one to
 * another leads to its page; one to a file of the repository that is no page becomes its text; one that leads nowhere
 * fails.
 */
internal class SitePages(private val title: String, private val repository: File, private val site: File) {
    private val extensions = listOf(TablesExtension.create(), HeadingAnchorExtension.create())
    private val parser = Parser.builder().extensions(extensions).build()
    private val renderer = HtmlRenderer.builder().extensions(extensions).build()
    private val template = String(resource("page.html"))

    /** The Markdown of each page, and what its file is called. */
    private val pages: Map<File, String> = buildMap {
        put(repository.resolve("README.md"), "index.html")
        put(repository.resolve("CHANGELOG.md"), "changes.html")
        put(repository.resolve("CONTRIBUTING.md"), "contributing.html")
        put(repository.resolve("samples/README.md"), "samples.html")
        val docs = repository.resolve("docs").listFiles { file -> file.extension == "md" }.orEmpty().sorted()
        for (page in docs) put(page, "${page.nameWithoutExtension}.html")
    }
    private val faults = ArrayList<String>()
    private val anchors = HashMap<String, Set<String>>()
    private val wanted = ArrayList<Triple<File, String, String>>()

    fun write() {
        site.mkdirs()
        for (name in listOf("style.css", "logo-icon.svg")) site.resolve(name).writeBytes(resource(name))
        repository.resolve("LICENSE").copyTo(site.resolve("license.txt"))
        val menu = Regex("href=\"(\\w+\\.html)\"").findAll(template).map { it.groupValues[1] }
        for (entry in menu) if (entry !in pages.values) faults.add("the menu: no page $entry")
        for ((source, name) in pages) site.resolve(name).writeText(page(source, name))
        for ((source, page, anchor) in wanted) {
            if (anchor !in anchors.getValue(page)) faults.add("$source: no heading #$anchor in $page")
        }
        check(faults.isEmpty()) { "Links that lead nowhere:\n" + faults.joinToString("\n") }
    }

    private fun page(source: File, name: String): String {
        val document = parser.parse(source.readText())
        val heading = firstHeading(document) ?: title
        document.accept(Links(source))
        val html = renderer.render(document)
        anchors[name] = Regex(" id=\"([^\"]+)\"").findAll(html).map { it.groupValues[1] }.toSet()
        val isFront = name == "index.html"
        return template
            .replace("{title}", if (isFront) title else "$heading · $title")
            .replace("{footer}", FOOTER)
            .replace(
                "{body}",
                html.replace("<table>", "<div class=\"wide\"><table>").replace("</table>", "</table></div>"),
            )
    }

    private fun firstHeading(document: Node): String? {
        var node = document.firstChild
        while (node != null && node !is Heading) node = node.next
        return node?.let { TextContentRenderer.builder().build().render(it) }
    }

    /** Turns the links of the page [source] to what they are on the site. */
    private inner class Links(private val source: File) : AbstractVisitor() {
        override fun visit(image: Image) {
            val file = source.parentFile.resolve(image.destination).normalize()
            if (!file.isFile) {
                faults.add("$source: no picture ${image.destination}")
            } else {
                file.copyTo(site.resolve(file.relativeTo(source.parentFile)), overwrite = true)
            }
        }

        override fun visit(link: Link) {
            visitChildren(link)
            val destination = link.destination
            if (destination.startsWith("https://") || destination.startsWith("mailto:")) return
            val path = destination.substringBefore('#')
            val anchor = destination.substringAfter('#', "")
            val file = if (path.isEmpty()) source else source.parentFile.resolve(path).normalize()
            val page = pages[file]
            when {
                page != null -> {
                    link.destination = if (anchor.isEmpty()) page else "$page#$anchor"
                    if (anchor.isNotEmpty()) wanted.add(Triple(source, page, anchor))
                }

                file.name == "LICENSE" -> link.destination = "license.txt"

                file.exists() -> unlink(link)

                else -> faults.add("$source: no file $destination")
            }
        }

        private fun unlink(link: Link) {
            var child = link.firstChild ?: Text(link.destination)
            while (true) {
                val next = child.next
                link.insertBefore(child)
                child = next ?: break
            }
            link.unlink()
        }
    }
}
