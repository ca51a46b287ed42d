package dev.leasehold.memory.internal.diagnostics

import kotlin.math.max

/**
 * Cuts an area into one rectangle for each of some weights, as square as can be (Bruls, Huizing and van Wijk,
 * "Squarified treemaps", 2000).
 */
internal object Treemap {
    /** A rectangle. */
    class Area(val x: Double, val y: Double, val width: Double, val height: Double)

    /** The areas of [weights], which are positive and the largest first, in one of [width] by [height]. */
    fun areasOf(weights: List<Double>, width: Double, height: Double): List<Area> {
        val scale = width * height / weights.sum()
        val sizes = weights.map { it * scale }
        val areas = ArrayList<Area>(sizes.size)
        var rest = Area(0.0, 0.0, width, height)
        while (areas.size < sizes.size) {
            val first = areas.size
            val until = endOfRow(sizes, first, minOf(rest.width, rest.height))
            rest = layRow(sizes.subList(first, until), rest, areas)
        }
        return areas
    }

    /** As many from [first] on as make a row along [side] in which the worst rectangle is no worse than with fewer. */
    private fun endOfRow(sizes: List<Double>, first: Int, side: Double): Int {
        var sum = sizes[first]
        var until = first + 1
        while (until < sizes.size) {
            val longer = sum + sizes[until]
            val before = worst(sizes[first], sizes[until - 1], sum, side)
            if (worst(sizes[first], sizes[until], longer, side) > before) break
            sum = longer
            until++
        }
        return until
    }

    private fun worst(largest: Double, smallest: Double, sum: Double, side: Double): Double =
        max(side * side * largest / (sum * sum), sum * sum / (side * side * smallest))

    /** Lays [row] along the shorter side of [rest]; returns what is left of that. */
    private fun layRow(row: List<Double>, rest: Area, areas: MutableList<Area>): Area {
        val sum = row.sum()
        if (rest.width >= rest.height) {
            val width = if (rest.height > 0) sum / rest.height else 0.0
            var y = rest.y
            for (size in row) {
                val height = rest.height * size / sum
                areas.add(Area(rest.x, y, width, height))
                y += height
            }
            return Area(rest.x + width, rest.y, max(0.0, rest.width - width), rest.height)
        }
        val height = if (rest.width > 0) sum / rest.width else 0.0
        var x = rest.x
        for (size in row) {
            val width = rest.width * size / sum
            areas.add(Area(x, rest.y, width, height))
            x += width
        }
        return Area(rest.x, rest.y + height, rest.width, max(0.0, rest.height - height))
    }
}
