package dev.leasehold.samples.strings

import java.util.Locale
import kotlin.math.log2
import kotlin.math.pow

/**
 * Address spaces as SVG. Each neighbourhood is a row; what lies between two rows is empty. A block is a step wider for
 * each doubling of its size, as no other scale shows a page beside a gigabyte. A buffer has the same number in each.
 *
 * @param purposes what the buffers are for
 */
internal class SpacePicture(private val territories: Map<String, Territory>, private val purposes: List<String>) {
    private val svg = StringBuilder()
    private val step = territories.values.flatMap { it.neighbourhoods }.minOf { (BAND - it.size * LEAST) / unitsOf(it) }
        .coerceAtMost(MOST_STEP)
    private var y = MARGIN

    /** The whole image. */
    fun draw(): String {
        heading()
        for ((title, territory) in territories) territory(title, territory)
        val height = y + MARGIN
        return """<svg xmlns="http://www.w3.org/2000/svg" width="$WIDTH" height="$height" """ +
            """viewBox="0 0 $WIDTH $height" font-family="sans-serif" font-size="12" fill="#28323c">""" + "\n" +
            """<rect width="100%" height="100%" fill="#fbfaf7"/>""" + "\n$svg</svg>\n"
    }

    private fun heading() {
        y += 18
        text(MARGIN, y, "Where a table lies that two processes share", """font-size="18"""")
        y += 22
        text(
            MARGIN,
            y,
            "Low addresses first. Each row is a neighbourhood; a block is a step wider for each doubling of its size.",
        )
        y += 17
        val buffers = purposes.withIndex().joinToString("; ") { (index, purpose) -> "${index + 1} $purpose" }
        text(MARGIN, y, "Each buffer has its number in both: $buffers.")
        y += 12
        var x = MARGIN
        for (kind in Kind.entries) {
            rect(x, y, 13, 13, kind.colour)
            text(x + 20, y + 11, kind.words)
            x += 30 + kind.words.length * LETTER
        }
        y += 13
    }

    private fun territory(title: String, territory: Territory) {
        y += 36
        text(MARGIN, y, title, """font-weight="bold" font-size="14"""")
        y += 6
        var before: List<Block>? = null
        for (row in territory.neighbourhoods) {
            if (before != null) between(Territory.gap(before.last(), row.first()))
            row(row, territory)
            before = row
        }
    }

    private fun between(bytes: Double) {
        y += 12
        text(LEFT, y, "${sizeOf(bytes)} of nothing", """font-size="10" fill="#8a8478" font-style="italic"""")
    }

    private fun row(row: List<Block>, territory: Territory) {
        y += if (row.any { it.kind == Kind.BUFFER }) 22 else 6
        text(MARGIN, y + 17, hex(row.first().range.first), MONOSPACED)
        text(MARGIN, y + 31, hex(row.last().range.last), MONOSPACED)
        var x = LEFT.toDouble()
        var free = 0
        row.forEachIndexed { index, block ->
            if (index > 0) x += unitsOf(Territory.gap(row[index - 1], block)) * step / 2
            val width = LEAST + unitsOf(block.size) * step
            block(block, x.toInt(), width.toInt())
            val number = territory.places.indexOfFirst { it.here in block.range }
            if (number >= 0) free = label(territory.places[number], number, (x + width / 2).toInt(), free)
            if (territory.landmark in block.range) landmark(territory.landmark, (x + width / 2).toInt())
            x += width
        }
        y += HIGH + if (row.any { territory.landmark in it.range }) 19 else 0
    }

    private fun block(block: Block, x: Int, width: Int) {
        svg.append("<g><title>${escaped("${block.range} ${block.name} (${sizeOf(block.size)})")}</title>\n")
        rect(x, y, width - 1, HIGH, block.kind.colour)
        if (block.kind in NAMED && block.name.isNotEmpty() && width >= LEAST_NAMED) {
            val (middle, foot) = x + width / 2 + 2 to y + HIGH - 3
            text(middle, foot, shortName(block), """font-size="8" transform="rotate(-90 $middle $foot)"""")
        }
        svg.append("</g>\n")
    }

    /** Says where [place] is, above it or as near to that as is [free]; returns what is free then. */
    private fun label(place: Place, number: Int, middle: Int, free: Int): Int {
        text(middle, y + HIGH / 2 + 5, "${number + 1}", """$CENTRED font-weight="bold" fill="#ffffff"""")
        val words = "${number + 1} at ${hex(place.here)}"
        val half = words.length * LETTER / 2
        val x = maxOf(middle, free + half, LEFT + half).coerceAtMost(WIDTH - MARGIN - half)
        text(x, y - 5, words, "$MONOSPACED $CENTRED")
        return x + half + LETTER
    }

    private fun landmark(address: Long, middle: Int) {
        svg.append("""<path d="M$middle ${y + HIGH + 1}l4 6h-8z"/>""").append('\n')
        val words = "malloc at ${hex(address)}"
        val x = (middle + LETTER).coerceAtMost(WIDTH - MARGIN - words.length * LETTER)
        text(x, y + HIGH + 17, words, MONOSPACED)
    }

    private fun rect(x: Int, y: Int, width: Int, height: Int, colour: String) {
        svg.append("""<rect x="$x" y="$y" width="$width" height="$height" fill="$colour"/>""").append('\n')
    }

    private fun text(x: Int, y: Int, words: String, more: String = "") {
        svg.append("""<text x="$x" y="$y" $more>${escaped(words)}</text>""").append('\n')
    }

    private fun escaped(words: String) = words.replace("&", "&amp;").replace("<", "&lt;")

    private companion object {
        const val MARGIN = 20
        const val LEFT = MARGIN + 150
        const val BAND = 860.0
        const val WIDTH = LEFT + 860 + MARGIN
        const val HIGH = 46
        const val LEAST_NAMED = 11
        const val LEAST = 4.0
        const val LETTER = 7
        const val MOST_STEP = 12.0
        const val MONOSPACED = """font-family="monospace" font-size="11""""
        const val CENTRED = """text-anchor="middle""""

        /** How often a page doubles until it has [bytes] bytes. */
        fun unitsOf(bytes: Double): Double = if (bytes < PAGE) 0.0 else log2(bytes / PAGE) + 1

        fun unitsOf(row: List<Block>): Double = row.sumOf { unitsOf(it.size) } +
            row.zipWithNext { one, next -> unitsOf(Territory.gap(one, next)) / 2 }.sum()

        /** A number and a unit: `16 KiB`, `39.8 TiB`. */
        fun sizeOf(bytes: Double): String {
            val unit = (log2(bytes.coerceAtLeast(1.0)) / 10).toInt()
            val number = "%.1f".format(Locale.ROOT, bytes / 2.0.pow(unit * 10)).removeSuffix(".0")
            return "$number ${UNITS[unit]}"
        }

        /** So short that it fits into the height of a row: `libjvm`, `heap`. */
        fun shortName(block: Block): String = block.name.trim('[', ']').substringBefore('.').take(8)

        val NAMED = setOf(Kind.FILE, Kind.MEMORY)
        const val PAGE = 4096.0
        val UNITS = listOf("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
    }
}
