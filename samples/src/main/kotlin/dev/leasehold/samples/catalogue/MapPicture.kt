package dev.leasehold.samples.catalogue

import dev.leasehold.memory.mapped.MappedMap
import dev.leasehold.memory.mapped.MappedRun
import java.util.Locale

/**
 * The [map] of a file as SVG. Each span of 64 KiB is a cell, row after row in the order of the file; cells of one run
 * touch. The colour says whose a run is, the number how large its blocks are, and the height how many are in use.
 */
internal class MapPicture(private val map: MappedMap) {
    private val owners = Owners(map)
    private val svg = StringBuilder()
    private var y = MARGIN

    /** The whole image. */
    fun draw(): String {
        heading()
        cells()
        legend()
        sizes()
        val height = y + MARGIN
        return """<svg xmlns="http://www.w3.org/2000/svg" width="$WIDTH" height="$height" """ +
            """viewBox="0 0 $WIDTH $height" font-family="sans-serif" font-size="12" fill="$INK">""" + "\n" +
            """<rect width="100%" height="100%" fill="#fbfaf7"/>""" + "\n$svg</svg>\n"
    }

    private fun heading() {
        y += 18
        text(MARGIN, y, "The file of the catalogue: ${sizeOf(map.size)} for blocks", """font-size="18"""")
        y += 22
        text(MARGIN, y, "Each cell is 64 KiB, in the order of the file, row after row. Cells that touch are one run.")
        y += 17
        text(MARGIN, y, "The number is the size of the blocks in bytes; a cell is as full as they are in use.")
        y += 16
    }

    private fun cells() {
        var first = 0L
        for (run in map.runs) {
            svg.append("<g><title>${escaped("$run")}</title>\n")
            for (span in first until first + run.spans) cell(run, span, span == first, span == first + run.spans - 1)
            svg.append("</g>\n")
            first += run.spans
        }
        y += ((first + COLUMNS - 1) / COLUMNS * STEP_DOWN).toInt() + 10
    }

    private fun cell(run: MappedRun, span: Long, isFirst: Boolean, isLast: Boolean) {
        val x = MARGIN + (span % COLUMNS * STEP).toInt()
        val top = y + (span / COLUMNS * STEP_DOWN).toInt()
        val joins = !isLast && run.blocks > 0 && span % COLUMNS < COLUMNS - 1
        val width = if (joins) STEP else CELL
        val colour = owners.of(run).colour
        val stroke = if (run.blocks == 0) """ stroke="#c9c4b8"""" else ""
        rect(x, top, width, CELL_HIGH, """class="span" fill="$colour" fill-opacity="0.25"$stroke""")
        if (run.blocks == 0) return
        val full = (CELL_HIGH * run.used + run.blocks - 1) / run.blocks
        rect(x, top + CELL_HIGH - full, width, full, """fill="$colour"""")
        if (isFirst) {
            text(x + CELL / 2, top + CELL_HIGH / 2 + 4, shortSize(run.blockSize), LABEL)
        }
    }

    private fun legend() {
        for (owner in owners.all) {
            rect(MARGIN, y, SWATCH, SWATCH, """fill="${owner.colour}" stroke="#9a9184"""")
            text(MARGIN + 22, y + 11, "${owner.name}: ${count(owners.spansOf(owner))} cells")
            y += 19
        }
        y += 16
    }

    private fun sizes() {
        text(MARGIN, y, "Blocks by size", """font-weight="bold"""")
        y += 8
        val bySize = map.runs.filter { it.blocks > 0 }.groupBy { it.blockSize }.toSortedMap().entries.toList()
        val rows = (bySize.size + TABLE_COLUMNS - 1) / TABLE_COLUMNS
        bySize.forEachIndexed { index, (size, runs) ->
            val x = MARGIN + index / rows.coerceAtLeast(1) * (WIDTH - 2 * MARGIN) / TABLE_COLUMNS
            sizeLine(x, y + (index % rows + 1) * 17, size, runs)
        }
        y += rows * 17
    }

    private fun sizeLine(x: Int, baseline: Int, size: Long, runs: List<MappedRun>) {
        val (used, all) = runs.sumOf { it.used } to runs.sumOf { it.blocks }
        text(x + 76, baseline, "${count(size)} B", """text-anchor="end"""")
        rect(x + 86, baseline - 10, GAUGE, 11, """fill="#e4e0d6"""")
        rect(x + 86, baseline - 10, GAUGE * used / all, 11, """fill="#5d6b78"""")
        text(x + 94 + GAUGE, baseline, "${count(used.toLong())} of ${count(all.toLong())} in use")
    }

    private fun rect(x: Int, y: Int, width: Int, height: Int, more: String) {
        svg.append("""<rect x="$x" y="$y" width="$width" height="$height" $more/>""").append('\n')
    }

    private fun text(x: Int, y: Int, words: String, more: String = "") {
        svg.append("""<text x="$x" y="$y" $more>${escaped(words)}</text>""").append('\n')
    }

    private fun escaped(words: String) = words.replace("&", "&amp;").replace("<", "&lt;")

    private companion object {
        const val COLUMNS = 24
        const val CELL = 36
        const val CELL_HIGH = 30
        const val STEP = 39
        const val STEP_DOWN = 34
        const val MARGIN = 20
        const val WIDTH = 2 * MARGIN + COLUMNS * STEP
        const val SWATCH = 13
        const val TABLE_COLUMNS = 3
        const val GAUGE = 80
        const val INK = "#28323c"

        /** Can be read on every colour: white around it. */
        const val LABEL =
            """font-size="11" text-anchor="middle" stroke="#ffffff" stroke-width="2.5" paint-order="stroke""""
        const val KIBIBYTE = 1024L

        fun count(number: Long): String = "%,d".format(Locale.ROOT, number)

        fun sizeOf(bytes: Long): String = "${count(bytes / KIBIBYTE)} KiB"

        /** So short that it fits into a cell: `640`, `1.25K`, `40K`. */
        fun shortSize(bytes: Long): String = if (bytes < KIBIBYTE) {
            "$bytes"
        } else {
            "%.2f".format(Locale.ROOT, bytes / KIBIBYTE.toDouble()).trimEnd('0').trimEnd('.') + "K"
        }
    }
}
