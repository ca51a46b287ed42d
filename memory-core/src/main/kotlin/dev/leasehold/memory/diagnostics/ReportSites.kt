@file:JvmSynthetic

package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.internal.diagnostics.HtmlWriter
import dev.leasehold.memory.internal.diagnostics.ReportText
import dev.leasehold.memory.internal.diagnostics.SiteFigures
import dev.leasehold.memory.internal.platform.counted

// The rest is summed up.
private const val MOST_SITES = 50

/** A table of [sites], those of the oldest first, with bars by their age. */
internal fun HtmlWriter.sitesOf(sites: List<SiteFigures>) {
    val oldestFirst = sites.sortedByDescending { it.oldestMillis }
    val whole = maxOf(1, oldestFirst.first().oldestMillis)
    element("table", "class" to "sites") {
        element("thead") {
            element("tr") {
                for (head in listOf(
                    "Taken at",
                    "",
                    "Oldest",
                    "Open",
                    "Bytes",
                )) {
                    element("th", "scope" to "col", value = head)
                }
            }
        }
        element("tbody") { for (site in oldestFirst.take(MOST_SITES)) siteRow(site, whole) }
    }
    val rest = oldestFirst.drop(MOST_SITES)
    if (rest.isEmpty()) return
    val sum = ReportText.bytes(rest.sumOf { it.bytes })
    element("p", "class" to "none", value = "${counted(rest.size.toLong(), "place")} more, with $sum")
}

private fun HtmlWriter.siteRow(site: SiteFigures, whole: Long): Unit = element("tr") {
    element("th", "scope" to "row") {
        element("bdi", value = site.site)
        if (site.tag != null) {
            element("small") {
                text(" ")
                element("bdi", value = site.tag)
            }
        }
    }
    element("td") {
        val length = share(site.oldestMillis, whole)
        element("i", "class" to "bar", "style" to "--w:$length;--u:100%;--i:100%;--q:100%;--l:100%") {}
    }
    element("td") { element("data", "value" to site.oldestMillis, value = ReportText.duration(site.oldestMillis)) }
    element("td") { element("data", "value" to site.count, value = ReportText.number(site.count)) }
    element("td") { bytes(site.bytes) }
}
