package dev.leasehold.samples.blur

/**
 * The blur: each pixel becomes the mean of the square around it, as far as that is inside of the picture. In whole
 * numbers, so that every processor comes to the same pixels.
 */
internal object Blur {
    /** What a device does at each pixel of a band: [SOURCE] in OpenCL C, and the same as [row]. */
    const val SOURCE = """
        kernel void blur(global const int* from, global int* to, int width, int rows, int first, int radius) {
            int x = get_global_id(0), y = get_global_id(1) + first;
            int left = max(x - radius, 0), right = min(x + radius, width - 1);
            int top = max(y - radius, 0), bottom = min(y + radius, rows - 1);
            int red = 0, green = 0, blue = 0;
            for (int v = top; v <= bottom; v++)
                for (int u = left; u <= right; u++) {
                    int pixel = from[v * width + u];
                    red += (pixel >> 16) & 255;
                    green += (pixel >> 8) & 255;
                    blue += pixel & 255;
                }
            int count = (right - left + 1) * (bottom - top + 1);
            to[(y - first) * width + x] =
                (255 << 24) | ((red / count) << 16) | ((green / count) << 8) | (blue / count);
        }
    """

    /** The row [y] of [from], into [to]. */
    fun row(from: Picture, to: Picture, y: Int, radius: Int) {
        val top = maxOf(y - radius, 0)
        val bottom = minOf(y + radius, from.height - 1)
        for (x in 0 until from.width) {
            val left = maxOf(x - radius, 0)
            val right = minOf(x + radius, from.width - 1)
            var red = 0
            var green = 0
            var blue = 0
            for (v in top..bottom) {
                for (u in left..right) {
                    val pixel = from.pixels[v * from.width + u]
                    red += pixel shr 16 and 255
                    green += pixel shr 8 and 255
                    blue += pixel and 255
                }
            }
            val count = (right - left + 1) * (bottom - top + 1)
            to.pixels[y * from.width + x] =
                255 shl 24 or (red / count shl 16) or (green / count shl 8) or blue / count
        }
    }
}

/**
 * Some rows of a picture that travel together, with those around them that their blur needs.
 *
 * @property first the first row that is blurred, and [rows] how many are
 * @property from the first row that travels, and [height] how many do
 */
internal class Band(val first: Int, val rows: Int, val from: Int, val height: Int) {
    companion object {
        /** The bands of a picture of [height] rows, of [rows] each but the last. */
        fun of(height: Int, rows: Int, radius: Int): List<Band> = (0 until height step rows).map { first ->
            val until = minOf(first + rows, height)
            val from = maxOf(first - radius, 0)
            Band(first, until - first, from, minOf(until + radius, height) - from)
        }
    }
}
