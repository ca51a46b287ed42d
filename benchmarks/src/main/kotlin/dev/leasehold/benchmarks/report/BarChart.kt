package dev.leasehold.benchmarks.report

import de.erichseifert.vectorgraphics2d.VectorGraphics2D
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor
import de.erichseifert.vectorgraphics2d.util.PageSize
import org.jfree.chart.JFreeChart
import org.jfree.chart.LegendItem
import org.jfree.chart.LegendItemCollection
import org.jfree.chart.axis.AxisState
import org.jfree.chart.axis.CategoryAxis
import org.jfree.chart.axis.LogarithmicAxis
import org.jfree.chart.axis.NumberAxis
import org.jfree.chart.axis.NumberTick
import org.jfree.chart.block.BlockBorder
import org.jfree.chart.labels.ItemLabelAnchor
import org.jfree.chart.labels.ItemLabelPosition
import org.jfree.chart.labels.StandardCategoryItemLabelGenerator
import org.jfree.chart.plot.CategoryPlot
import org.jfree.chart.plot.CombinedRangeCategoryPlot
import org.jfree.chart.plot.PlotOrientation
import org.jfree.chart.renderer.category.BarRenderer
import org.jfree.chart.renderer.category.StandardBarPainter
import org.jfree.chart.text.TextUtils
import org.jfree.chart.ui.RectangleEdge
import org.jfree.chart.ui.TextAnchor
import org.jfree.data.category.CategoryDataset
import org.jfree.data.category.DefaultCategoryDataset
import java.awt.Color
import java.awt.Font
import java.awt.Graphics2D
import java.awt.geom.Rectangle2D
import java.io.ByteArrayOutputStream
import java.text.NumberFormat
import java.util.Locale
import kotlin.math.floor
import kotlin.math.log10
import kotlin.math.pow

/** One bar of a chart; [own] ones are the library's and stand out. */
internal class ChartBar(val label: String, val value: Double, val own: Boolean)

/** Bars that are to be compared with one another, under a [heading]. */
internal class BarGroup(val heading: String, val bars: List<ChartBar>)

/**
 * Horizontal bars with their values beside them, all groups on one scale. That is logarithmic when the longest bar is
 * more than thirty times the shortest, and the axis says so.
 *
 * The chart has no background, and all of its colours can be read on white and on black: a page may be either.
 */
internal class BarChart(private val title: String, private val unit: String, private val groups: List<BarGroup>) {
    private val values = groups.flatMap { group -> group.bars.map(ChartBar::value) }

    init {
        require(values.isNotEmpty() && values.all { it > 0 }) { "a chart needs positive values, not $values" }
    }

    private val isLogarithmic = values.max() > values.min() * 30

    /** The whole image. */
    fun toSvg(): String {
        val height = FRAME + groups.sumOf { GAP + it.bars.size * ROW }
        val graphics = VectorGraphics2D()
        // Writes a turned text as text, and not as the outlines of its letters.
        TextUtils.setUseDrawRotatedStringWorkaround(false)
        chart().draw(graphics, Rectangle2D.Double(0.0, 0.0, WIDTH.toDouble(), height.toDouble()))
        val size = PageSize(0.0, 0.0, WIDTH.toDouble(), height.toDouble())
        val svg = ByteArrayOutputStream()
        SVGProcessor().getDocument(graphics.commands, size).writeTo(svg)
        // The font of the machine that drew it may not be there.
        return svg.toString(
            Charsets.UTF_8,
        ).replace(Regex("font-family:(&quot;[^&]*&quot;|[^;&]*);"), "font-family:sans-serif;")
    }

    private fun chart(): JFreeChart {
        val axis = axis()
        val plot = CombinedRangeCategoryPlot(axis)
        plot.orientation = PlotOrientation.HORIZONTAL
        plot.gap = GAP.toDouble()
        plot.setFixedLegendItems(legend())
        for (group in groups) plot.add(plotOf(group, axis), group.bars.size)
        val chart = JFreeChart(title, FONT.deriveFont(Font.BOLD, 15f), plot, true)
        chart.backgroundPaint = null
        chart.title.paint = TEXT
        chart.legend.backgroundPaint = null
        chart.legend.itemPaint = TEXT
        chart.legend.itemFont = FONT
        chart.legend.setFrame(BlockBorder.NONE)
        return chart
    }

    private fun axis(): NumberAxis {
        val axis = if (isLogarithmic) DecadeAxis("$unit (logarithmic)") else NumberAxis(unit)
        axis.numberFormatOverride = NumberFormat.getInstance(Locale.ROOT)
        axis.labelFont = FONT
        axis.labelPaint = TEXT
        axis.tickLabelFont = FONT
        axis.tickLabelPaint = TEXT
        axis.axisLinePaint = GRID
        // Room for the value behind the longest bar.
        axis.setRange(start(), if (isLogarithmic) values.max() * 3 else values.max() * 1.15)
        return axis
    }

    private fun start(): Double = if (isLogarithmic) 10.0.pow(floor(log10(values.min()))) else 0.0

    private fun plotOf(group: BarGroup, axis: NumberAxis): CategoryPlot {
        val dataset = DefaultCategoryDataset()
        for (bar in group.bars) dataset.addValue(bar.value, "", bar.label)
        val categories = CategoryAxis(group.heading)
        categories.labelFont = FONT.deriveFont(Font.BOLD)
        categories.labelPaint = TEXT
        categories.tickLabelFont = FONT
        categories.tickLabelPaint = TEXT
        categories.isAxisLineVisible = false
        categories.isTickMarksVisible = false
        val plot = CategoryPlot(dataset, categories, axis, renderer(group))
        plot.backgroundPaint = null
        plot.isOutlineVisible = false
        plot.rangeGridlinePaint = GRID
        return plot
    }

    private fun renderer(group: BarGroup): BarRenderer = object : BarRenderer() {
        init {
            barPainter = StandardBarPainter()
            setShadowVisible(false)
            setBase(start())
            itemMargin = 0.0
            setDefaultItemLabelsVisible(true)
            setDefaultItemLabelFont(FONT)
            setDefaultItemLabelPaint(TEXT)
            setDefaultItemLabelGenerator(ValueLabels)
            setDefaultPositiveItemLabelPosition(ItemLabelPosition(ItemLabelAnchor.OUTSIDE3, TextAnchor.CENTER_LEFT))
        }

        override fun getItemPaint(row: Int, column: Int) = if (group.bars[column].own) OWN else RIVAL
    }

    private fun legend() = LegendItemCollection().apply {
        add(LegendItem("Leasehold", OWN))
        add(LegendItem("others", RIVAL))
    }

    /** A logarithmic axis with a line and a number at each power of ten only. */
    private class DecadeAxis(label: String) : LogarithmicAxis(label) {
        override fun refreshTicks(
            graphics: Graphics2D,
            state: AxisState,
            area: Rectangle2D,
            edge: RectangleEdge,
        ): List<*> = super.refreshTicks(graphics, state, area, edge).filterIsInstance<NumberTick>()
            .filter { log10(it.value) == Math.rint(log10(it.value)) }
            .distinctBy { it.value } // Each is the end of a decade and the start of the next.
            .map {
                NumberTick(it.value, numberFormatOverride.format(it.value), it.textAnchor, it.rotationAnchor, 0.0)
            }
    }

    private object ValueLabels : StandardCategoryItemLabelGenerator() {
        private fun readResolve(): Any = ValueLabels

        override fun generateLabel(dataset: CategoryDataset, row: Int, column: Int): String =
            plain(dataset.getValue(row, column).toDouble())
    }

    private companion object {
        const val WIDTH = 760
        const val ROW = 22
        const val GAP = 14

        /** What title, axis and legend take. */
        const val FRAME = 110

        val FONT = Font(Font.SANS_SERIF, Font.PLAIN, 12)
        val TEXT = Color(0x73, 0x7b, 0x84)
        val GRID = Color(0x8c, 0x95, 0x9f, 0x80)
        val OWN = Color(0x1f, 0x9d, 0x78)
        val RIVAL = Color(0x96, 0x9f, 0xa9)
    }
}
