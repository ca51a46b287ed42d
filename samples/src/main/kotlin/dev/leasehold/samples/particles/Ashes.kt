package dev.leasehold.samples.particles

/** Where sparks have burnt out of late: how many in each small part of the sky, the older ones less. */
internal class Ashes {
    private val cells = IntArray(COLUMNS * ROWS)

    /** A spark has burnt out in [cell]. */
    fun fall(cell: Int) {
        if (cell >= 0) cells[cell] += FULL
    }

    /** Lets all become less. */
    fun fade() {
        for (cell in cells.indices) cells[cell] -= cells[cell] shr 3
    }

    /** Shows them to [brush]. */
    fun paint(brush: Brush) {
        for (cell in cells.indices) {
            val x = (cell % COLUMNS + 0.5f) / COLUMNS * Rules.WIDTH
            val y = (cell / COLUMNS + 0.5f) / ROWS * Rules.HEIGHT
            if (cells[cell] > 0) brush.ash(x, y, cells[cell].toFloat() / FULL)
        }
    }

    companion object {
        private const val COLUMNS = 400
        private const val ROWS = 225
        private const val FULL = 64

        /** The cell at ([x], [y]), or -1 where that is not in the picture. */
        fun cellAt(x: Float, y: Float): Int {
            val column = (x / Rules.WIDTH * COLUMNS).toInt()
            val row = (y / Rules.HEIGHT * ROWS).toInt()
            return if (x >= 0 && y >= 0 && column < COLUMNS && row < ROWS) row * COLUMNS + column else -1
        }
    }
}
