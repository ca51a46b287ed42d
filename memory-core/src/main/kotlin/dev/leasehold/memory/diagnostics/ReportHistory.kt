@file:JvmSynthetic

package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.internal.diagnostics.HistoryPoint
import dev.leasehold.memory.internal.diagnostics.HtmlWriter
import dev.leasehold.memory.internal.diagnostics.ReportText
import java.time.Instant
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter

private val CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneOffset.UTC)
private val DAY_CLOCK = DateTimeFormatter.ofPattern("MM-dd HH:mm").withZone(ZoneOffset.UTC)
private const val DAY = 86_400_000L

// The drawing has these units; the page stretches it.
private const val WIDTH = 1000.0
private const val HEIGHT = 200.0

/** [points], which are two at least, as two curves; and [limit] as a line, where it is near them. */
internal fun HtmlWriter.historyOf(points: List<HistoryPoint>, limit: Long) {
    val most = points.maxOf { it.held }
    val isLimited = limit <= 2 * most
    val top = roundUp(if (isLimited) maxOf(most, limit) else most)
    element("figure", "class" to "history", "data-points" to points.size) {
        element("div", "class" to "plot") {
            for (tick in 0..2) {
                val place = "bottom:${css(50.0 * tick)}"
                element("span", "style" to place, value = ReportText.bytes(top / 2 * tick))
            }
            drawing(points, top, limit.takeIf { isLimited })
        }
        element("p", "class" to "axis") {
            val clock = if (points.last().time - points.first().time < DAY) CLOCK else DAY_CLOCK
            element("span", value = clock.format(Instant.ofEpochMilli(points.first().time)))
            element("span", "class" to "key") {
                element("i", "class" to "used") {}
                text("in use ")
                element("i", "class" to "line") {}
                text("held ")
                if (isLimited) {
                    element("i", "class" to "line limit") {}
                    text("limit")
                }
            }
            element("span", value = clock.format(Instant.ofEpochMilli(points.last().time)) + " UTC")
        }
    }
}

private fun HtmlWriter.drawing(points: List<HistoryPoint>, top: Long, limit: Long?) {
    val last = points.last()
    val label = "From ${ReportText.bytes(points.first().held)} held to ${ReportText.bytes(last.held)} held, " +
        "${ReportText.bytes(last.used)} of it in use; at most ${ReportText.bytes(points.maxOf { it.held })} held"
    val box = "0 0 ${WIDTH.toInt()} ${HEIGHT.toInt()}"
    element("svg", "viewBox" to box, "preserveAspectRatio" to "none", "role" to "img", "aria-label" to label) {
        element("title", value = label)
        element("path", "class" to "grid", "d" to "M0 0H${RIGHT}M0 ${BOTTOM / 2}H${RIGHT}M0 ${BOTTOM}H$RIGHT") {}
        element(
            "path",
            "class" to "used",
            "d" to "M0 $BOTTOM" + lineOf(points, top, "L") { it.used } + "L$RIGHT $BOTTOM",
        ) {}
        element("path", "class" to "line", "d" to lineOf(points, top, "M") { it.held }) {}
        if (limit != null) element("path", "class" to "line limit", "d" to "M0 ${y(limit, top)}H$RIGHT") {}
    }
}

private const val BOTTOM = 200
private const val RIGHT = 1000

private fun lineOf(points: List<HistoryPoint>, top: Long, first: String, value: (HistoryPoint) -> Long): String {
    val start = points.first().time
    val span = maxOf(1, points.last().time - start)
    return points.withIndex().joinToString("") { (index, point) ->
        val x = WIDTH * (point.time - start) / span
        "${if (index == 0) first else "L"}${tenths(x)} ${y(value(point), top)}"
    }
}

private fun y(value: Long, top: Long): String = tenths(HEIGHT - HEIGHT * value / top)

private fun tenths(value: Double): String = (Math.round(value * 10) / 10.0).toString().removeSuffix(".0")

/** The least power of two, or one and a half times one, that is no less than [bytes]. */
private fun roundUp(bytes: Long): Long {
    var top = 2L
    while (top < bytes && top < Long.MAX_VALUE / 4) {
        if (top / 2 * 3 >= bytes) return top / 2 * 3
        top *= 2
    }
    return maxOf(top, bytes)
}
