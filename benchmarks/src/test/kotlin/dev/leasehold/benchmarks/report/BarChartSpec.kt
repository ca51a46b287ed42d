package dev.leasehold.benchmarks.report

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.doubles.plusOrMinus
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import org.w3c.dom.Element
import javax.xml.parsers.DocumentBuilderFactory

private const val OWN = "rgb(31,157,120)"
private const val RIVAL = "rgb(150,159,169)"

private fun chart(vararg values: Double): String {
    val bars = values.map { ChartBar("bar <$it>", it, own = it < 5) }
    return BarChart("Rent & <close>", "seconds", listOf(BarGroup("1 KiB", bars))).toSvg()
}

private fun elements(svg: String, name: String): List<Element> {
    val factory = DocumentBuilderFactory.newInstance()
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false)
    val found = factory.newDocumentBuilder().parse(svg.byteInputStream()).getElementsByTagName(name)
    return (0..<found.length).map { found.item(it) as Element }
}

private fun texts(svg: String): List<String> = elements(svg, "text").map { it.textContent }

/** How long the bars are; a bar that lies is a rectangle turned by a quarter. */
private fun lengths(svg: String): List<Double> = elements(svg, "rect")
    .filter { OWN in it.getAttribute("style") || RIVAL in it.getAttribute("style") }
    .map { it.getAttribute("width").toDouble() }

class BarChartSpec : FunSpec() {
    init {
        context("drawn charts").config(enabledIf = { HAS_FONTS }) {
            test("the texts are texts, whatever is in them, and the axis has its unit") {
                val texts = texts(chart(1.0, 20.0))
                listOf("Rent & <close>", "seconds", "1 KiB", "bar <20.0>").forEach { texts shouldContain it }
            }

            test("every bar has its value beside it, and those of the library stand out") {
                val svg = chart(2.5, 11.5)
                texts(svg) shouldContain "2.50"
                texts(svg) shouldContain "11.5"
                svg shouldContain OWN
                svg shouldContain RIVAL
            }

            test("there is no background, so that a chart suits light and dark pages") {
                chart(2.5, 11.5) shouldNotContain "rgb(255,255,255)"
            }

            test("close values are drawn in proportion from zero") {
                val (short, long) = lengths(chart(5.0, 10.0))
                long / short shouldBe (2.0 plusOrMinus 0.01)
            }

            test("values far apart share a logarithmic scale, which the axis names") {
                val svg = chart(1.0, 10.0, 1_000.0)
                texts(svg) shouldContain "seconds (logarithmic)"
                texts(svg) shouldContain "1,000"
                val (ten, thousand) = lengths(svg).filter { it > 1 }
                thousand / ten shouldBe (3.0 plusOrMinus 0.01)
            }

            test("the same bars give the same image") {
                chart(1.0, 300.0) shouldBe chart(1.0, 300.0)
            }
        }

        test("a chart of nothing is refused") {
            shouldThrow<IllegalArgumentException> { chart() }
        }
    }
}
