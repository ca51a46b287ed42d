package dev.leasehold.memory.contract.diagnostics

import org.w3c.dom.Element
import org.w3c.dom.NodeList
import org.xml.sax.InputSource
import java.io.StringReader
import javax.xml.parsers.DocumentBuilderFactory

/** A page of a report, which is well-formed enough for a parser of XML. */
internal class ParsedPage(html: String) {
    private val document = DocumentBuilderFactory.newInstance().newDocumentBuilder()
        .parse(InputSource(StringReader(html.removePrefix("<!doctype html>\n"))))

    /** The elements that are called [name]. */
    fun all(name: String): List<Element> = document.getElementsByTagName(name).elements()

    /** The rows of the table of budgets, pools and managers whose kind is [kind]: the name, and the figures in order. */
    fun rows(kind: String): Map<String, List<Long>> = all("tr").filter { it.getAttribute("class") == kind }
        .associate { it.first("th").textOfName() to it.figures() }

    /** The cards, by name: for each size of a block what is in use and what is idle. */
    fun cards(): Map<String, Map<Long, Pair<Long, Long>>> = all("article").associate { card ->
        val rows = card.below("tr").filter { it.below("data").size == CLASS_FIGURES }.map { it.figures() }
        card.first("h3").textOfName() to rows.associate { (size, _, leased, idle) -> size to (leased to idle) }
    }

    /** The figures of the class [name], wherever it stands. */
    fun figure(name: String): Long =
        all("data").single { it.getAttribute("class") == name }.getAttribute("value").toLong()

    val text: String get() = document.documentElement.textContent

    private fun Element.figures() = below("data").map { it.getAttribute("value").toLong() }

    private fun Element.first(name: String) = below(name).first()

    private fun Element.textOfName() = below("bdi").firstOrNull()?.textContent ?: textContent

    private companion object {
        const val CLASS_FIGURES = 4
    }
}

/** The elements below this one that are called [name]. */
internal fun Element.below(name: String): List<Element> = getElementsByTagName(name).elements()

private fun NodeList.elements() = (0 until length).map { item(it) as Element }
