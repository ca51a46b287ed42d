@file:JvmSynthetic

package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.internal.diagnostics.HtmlWriter
import dev.leasehold.memory.internal.diagnostics.ReportText
import dev.leasehold.memory.internal.diagnostics.Shares
import dev.leasehold.memory.internal.diagnostics.Shown
import dev.leasehold.memory.internal.diagnostics.Treemap
import dev.leasehold.memory.internal.platform.counted

// How large the map is, about, in points: on a desk and on a phone. Its areas are percentages.
private const val WIDE_WIDTH = 1180.0
private const val WIDE_HEIGHT = 460.0
private const val TALL_WIDTH = 330.0
private const val TALL_HEIGHT = 560.0

// The heading of a budget, and the margin of all areas.
private const val HEADING = 22.0
private const val MARGIN = 3.0

// In points: what is smaller has no areas of its own.
private const val LEAST_SIDE = 48.0

// Of one budget.
private const val MOST_TILES = 80
private const val LEAST_PART = 0.002

// What is free is drawn at most so large, of what is held: it may be a thousand times as much.
private const val FREE_PART = 3

/** What has an area: a budget, or a pool or manager, or what is none of these. */
private sealed interface Tile {
    val held: Long
    val free: Long
    val weight: Double get() = held + minOf(free, held / FREE_PART).toDouble()
}

private class BudgetTile(val budget: BudgetSnapshot) : Tile {
    override val held get() = budget.used
    override val free get() = budget.freeBytes
}

private class LeafTile(
    val name: String,
    val what: String,
    val shares: Shares,
    override val free: Long = 0,
    val href: String? = null,
) : Tile {
    override val held get() = shares.held
}

/** What is [free] up to a limit, of which so much is [drawn]. */
private class FreeTile(val free: Long, private val drawn: Long) {
    val weight get() = drawn.toDouble()
    val isCut get() = drawn < free
}

/** Nested areas of [root] and all below it, twice: for wide and for narrow windows. */
internal fun HtmlWriter.treemapOf(root: BudgetSnapshot, rows: Shown<OwnerSnapshot>) {
    if (root.used <= 0) return element("p", "class" to "none", value = "Nothing is held.")
    val label = "Areas of ${root.path} and all below it; the table below has the same figures."
    element("div", "class" to "map wide", "role" to "img", "aria-label" to label) {
        inside(root, WIDE_WIDTH, WIDE_HEIGHT, rows)
    }
    element("div", "class" to "map tall", "role" to "img", "aria-label" to label) {
        inside(root, TALL_WIDTH, TALL_HEIGHT, rows)
    }
}

private fun HtmlWriter.inside(budget: BudgetSnapshot, width: Double, height: Double, rows: Shown<OwnerSnapshot>) {
    val tiles = tilesOf(budget, rows)
    if (tiles.isEmpty()) return
    val held = tiles.sumOf { it.weight }
    val free = FreeTile(budget.freeBytes, minOf(budget.freeBytes, budget.used / FREE_PART))
    // What is free is at the end, as in a glass that is not full.
    val part = held / (held + free.weight)
    val isWide = width >= height
    val full = if (isWide) {
        Treemap.Area(
            0.0,
            0.0,
            width * part,
            height,
        )
    } else {
        Treemap.Area(0.0, 0.0, width, height * part)
    }
    for ((tile, area) in tiles.zip(Treemap.areasOf(tiles.map { it.weight }, full.width, full.height))) {
        tile(tile, placeOf(area, width, height), area, rows)
    }
    if (free.weight <= 0) return
    val rest = if (isWide) {
        Treemap.Area(full.width, 0.0, width - full.width, height)
    } else {
        Treemap.Area(0.0, full.height, width, height - full.height)
    }
    free(free, placeOf(rest, width, height))
}

private fun placeOf(area: Treemap.Area, width: Double, height: Double): String =
    "left:${css(100 * area.x / width)};top:${css(100 * area.y / height)};" +
        "width:${css(100 * area.width / width)};height:${css(100 * area.height / height)}"

private fun tilesOf(budget: BudgetSnapshot, rows: Shown<OwnerSnapshot>): List<Tile> {
    val owners = (budget.pools + budget.managers).map { owner ->
        val kind = if (owner is PoolSnapshot) "pool" else "manager"
        val limit = owner.statistics?.limit ?: Long.MAX_VALUE
        val free = if (limit == Long.MAX_VALUE) 0 else maxOf(0, limit - owner.charged)
        LeafTile(owner.name, kind, owner.shares, free, rows.idOf(owner)?.let { "#$it" })
    }
    val others = listOf("moved here" to budget.moved, "other copies of the library" to budget.otherCopies)
        .map { (name, bytes) -> LeafTile(name, "bytes", Shares(bytes, 0, 0, 0)) }
    val all = (owners + others + budget.budgets.map(::BudgetTile)).filter { it.held > 0 }
    val (large, small) = parted(all.sortedByDescending { it.weight })
    return (large + listOfNotNull(summed(small))).sortedByDescending { it.weight }
}

private fun parted(tiles: List<Tile>): Pair<List<Tile>, List<Tile>> {
    val least = LEAST_PART * tiles.sumOf { it.weight }
    val large = tiles.take(MOST_TILES).takeWhile { it.weight >= least }
    // One more is as large as the sum that it would be in.
    return if (tiles.size - large.size <= 1) tiles to emptyList() else large to tiles.drop(large.size)
}

private fun summed(tiles: List<Tile>): Tile? {
    if (tiles.isEmpty()) return null
    val shares = tiles.fold(Shares.NONE) { sum, it -> sum + if (it is LeafTile) it.shares else sharesOf(it) }
    return LeafTile("${tiles.size} more", "small ones together", shares)
}

private fun sharesOf(tile: Tile): Shares = if (tile is BudgetTile) tile.budget.shares else Shares.NONE

private fun HtmlWriter.tile(tile: Tile, place: String, area: Treemap.Area, rows: Shown<OwnerSnapshot>): Unit =
    when (tile) {
        is LeafTile -> leaf(tile, place, area)
        is BudgetTile -> budget(tile.budget, place, area, rows)
    }

private fun HtmlWriter.free(tile: FreeTile, place: String) {
    val scale = if (tile.isCut) " (not to scale)" else ""
    element("div", "class" to "tile free", "style" to place, "title" to "${ReportText.bytes(tile.free)} free$scale") {
        element("span", value = "${ReportText.bytes(tile.free)} free")
        if (tile.isCut) element("small", value = "not to scale")
    }
}

private fun HtmlWriter.leaf(tile: LeafTile, place: String, area: Treemap.Area) {
    val whole = maxOf(1, tile.weight.toLong())
    val turn = if (area.width >= area.height) "" else " down"
    element(
        if (tile.href == null) "div" else "a",
        "class" to "tile leaf$turn",
        "href" to tile.href,
        "tabindex" to tile.href?.let { -1 },
        "data-held" to tile.held,
        "title" to describe(tile),
        "style" to "$place;${stops(tile.shares, whole)}",
    ) {
        element("span", value = tile.name)
        element("small", value = ReportText.bytes(tile.held))
    }
}

private fun describe(tile: LeafTile): String {
    val parts = listOf(
        tile.shares.used to "in use",
        tile.shares.idle to "idle",
        tile.shares.quarantined to "quarantined",
        tile.shares.lost to "forgotten",
        tile.free to "free up to the limit",
    )
    val figures = parts.filter { it.first > 0 }.joinToString { (bytes, what) -> "${ReportText.bytes(bytes)} $what" }
    return "${tile.what} ${tile.name}: $figures"
}

private fun HtmlWriter.budget(budget: BudgetSnapshot, place: String, area: Treemap.Area, rows: Shown<OwnerSnapshot>) {
    val width = area.width - 2 * MARGIN
    val height = area.height - HEADING - MARGIN
    if (minOf(width, height) < LEAST_SIDE) {
        val size = counted((budget.pools.size + budget.managers.size).toLong(), "pool or manager", "pools and managers")
        return leaf(LeafTile(budget.name, "budget of $size", budget.shares, budget.freeBytes), place, area)
    }
    val of = if (budget.limit == Long.MAX_VALUE) "" else " of ${ReportText.bytes(budget.limit)}"
    element("div", "class" to "tile budget", "style" to place, "data-held" to budget.used) {
        element("b") {
            element("bdi", value = budget.name)
            element("small", value = " ${ReportText.bytes(budget.used)}$of")
        }
        element("div") { inside(budget, width, height, rows) }
    }
}
