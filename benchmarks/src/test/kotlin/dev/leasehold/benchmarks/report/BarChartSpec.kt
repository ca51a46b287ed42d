package dev.leasehold.benchmarks.report

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import org.w3c.dom.Element
import javax.xml.parsers.DocumentBuilderFactory

class BarChartSpec : FunSpec({
    fun chart(vararg values: Double) = BarChart(
        "Rent & <close>",
        "ns",
        listOf(
            BarGroup(
                "1 KiB",
                values.map {
                    ChartBar("bar $it", it, own = it < 5)
                },
            ),
        ),
    )

    fun parse(svg: String): Element =
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(svg.byteInputStream()).documentElement

    fun widths(svg: String): List<Int> {
        val rectangles = parse(svg).getElementsByTagName("rect")
        return (0 until rectangles.length).map { rectangles.item(it) as Element }
            .filter { it.getAttribute("class").isNotEmpty() }
            .map { it.getAttribute("width").toInt() }
    }

    test("a chart is well-formed XML whatever the words in it") {
        val root = parse(chart(1.0, 20.0).toSvg())
        root.tagName shouldBe "svg"
        root.getElementsByTagName("title").item(0).textContent shouldBe "Rent & <close>"
    }

    test("every bar has its value beside it and the library's stand out") {
        val svg = chart(2.5, 1234.0).toSvg()
        svg shouldContain ">2.50</text>"
        svg shouldContain ">1,234</text>"
        svg shouldContain """<rect class="own""""
        svg shouldContain """<rect class="rival""""
    }

    test("close values are drawn in proportion from zero") {
        val (short, long) = widths(chart(5.0, 10.0).toSvg())
        long shouldBe 470
        short shouldBe 235
    }

    test("values far apart share a logarithmic scale, which the chart names") {
        val svg = chart(1.0, 10.0, 10_000.0).toSvg()
        svg shouldContain "logarithmic scale"
        val (one, ten, most) = widths(svg)
        one shouldBe 1
        most shouldBe 470
        ten shouldBeInRange 117..118
    }

    test("a chart of nothing is refused") {
        shouldThrow<IllegalArgumentException> { chart().toSvg() }
    }
})
