package dev.leasehold.benchmarks.report

import kotlin.math.ceil
import kotlin.math.floor
import kotlin.math.log10
import kotlin.math.pow

/** One bar of a chart; [own] ones are the library's and stand out. */
internal class ChartBar(val label: String, val value: Double, val own: Boolean)

/** Bars that are to be compared with one another, under a [heading]. */
internal class BarGroup(val heading: String, val bars: List<ChartBar>)

/**
 * Horizontal bars as SVG, with their values written beside them. The scale is logarithmic when the longest bar is more than
 * thirty times the shortest, and then says so.
 */
internal class BarChart(
    private val title: String,
    private val unit: String,
    private val groups: List<BarGroup>,
) {
    private val values = groups.flatMap { group -> group.bars.map(ChartBar::value) }
    private val scale = Scale.over(values)

    /** The whole image. */
    fun toSvg(): String {
        val top = HEADER
        val bottom = top + groups.sumOf { headingHeight(it) + it.bars.size * ROW } + GAP
        return buildString {
            open(bottom + FOOTER)
            text(MARGIN, 28, "title", title)
            text(MARGIN, 48, "note", "$unit${if (scale.logarithmic) "; logarithmic scale" else ""}")
            grid(top, bottom)
            var y = top
            for (group in groups) y = draw(group, y)
            append("</svg>\n")
        }
    }

    private fun StringBuilder.open(height: Int) {
        append(
            """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $WIDTH $height" width="$WIDTH" height="$height" role="img">""",
        )
        append("\n<title>${escape(title)}</title>\n<style>$STYLE</style>\n")
        append("""<rect width="$WIDTH" height="$height" rx="6" fill="#ffffff"/>""").append('\n')
    }

    private fun StringBuilder.grid(top: Int, bottom: Int) {
        for (tick in scale.ticks) {
            val x = LABELS + scale.length(tick)
            append("""<line class="grid" x1="$x" x2="$x" y1="$top" y2="$bottom"/>""").append('\n')
            text(x, bottom + 16, "tick", plain(tick))
        }
    }

    private fun StringBuilder.draw(group: BarGroup, top: Int): Int {
        if (group.heading.isNotEmpty()) text(MARGIN, top + GROUP - 10, "group", group.heading)
        var y = top + headingHeight(group)
        for (bar in group.bars) {
            val length = scale.length(bar.value).coerceAtLeast(1)
            val kind = if (bar.own) "own" else "rival"
            text(LABELS - 8, y + 14, "label", bar.label)
            append("""<rect class="$kind" x="$LABELS" y="${y + 2}" width="$length" height="${ROW - 5}" rx="2"/>""")
            append('\n')
            text(LABELS + length + 6, y + 14, "value", plain(bar.value))
            y += ROW
        }
        return y
    }

    private fun headingHeight(group: BarGroup): Int = if (group.heading.isEmpty()) GAP else GROUP

    private fun StringBuilder.text(x: Int, y: Int, kind: String, words: String) {
        append("""<text class="$kind" x="$x" y="$y">${escape(words)}</text>""").append('\n')
    }

    private fun escape(words: String): String = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    private companion object {
        const val WIDTH = 760
        const val MARGIN = 20
        const val LABELS = 190
        const val HEADER = 58
        const val FOOTER = 30
        const val GROUP = 30
        const val ROW = 21
        const val GAP = 8
        const val STYLE =
            "text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;" +
                "font-size:12px;fill:#24292f}" +
                ".title{font-size:17px;font-weight:600}.note,.tick{fill:#57606a}" +
                ".tick{font-size:11px;text-anchor:middle}" +
                ".group{font-weight:600}.label{text-anchor:end}.grid{stroke:#e4e7eb}" +
                ".own{fill:#1a7f64}.rival{fill:#b3bcc6}"
    }
}

/** How long a bar is for its value, in pixels. */
internal class Scale private constructor(val logarithmic: Boolean, private val start: Double, private val end: Double) {
    /** Where the lines stand: at powers of ten, or at a few round values from 0. */
    val ticks: List<Double> = if (logarithmic) powers() else rounds()

    /** The length of a bar for [value]. */
    fun length(value: Double): Int =
        (PIXELS * (position(value) - position(start)) / (position(end) - position(start))).toInt()

    private fun position(value: Double): Double = if (logarithmic) log10(value.coerceAtLeast(start)) else value

    private fun powers(): List<Double> = generateSequence(start) { it * 10 }.takeWhile { it <= end * ROUNDING }.toList()

    private fun rounds(): List<Double> {
        val rough = end / 5
        val power = 10.0.pow(floor(log10(rough)))
        val step = listOf(1.0, 2.0, 5.0, 10.0).first { it * power >= rough } * power
        return generateSequence(0.0) { it + step }.takeWhile { it <= end * ROUNDING }.toList()
    }

    companion object {
        private const val PIXELS = 470
        private const val WIDE = 30
        private const val ROUNDING = 1.000_001

        /** The scale that shows all of [values]. */
        fun over(values: List<Double>): Scale {
            val shown = values.filter { it > 0 }
            require(shown.isNotEmpty()) { "a chart needs a positive value, not $values" }
            val most = shown.max()
            val logarithmic = most > shown.min() * WIDE
            return if (logarithmic) {
                Scale(
                    true,
                    10.0.pow(floor(log10(shown.min()))),
                    upTo(most),
                )
            } else {
                Scale(false, 0.0, most)
            }
        }

        // A whole power of ten would leave half the chart empty after a value just above one.
        private fun upTo(most: Double): Double = 10.0.pow(ceil(log10(most) * 4) / 4)
    }
}
