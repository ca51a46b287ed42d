package dev.leasehold.samples.particles

import java.awt.image.BufferedImage
import java.nio.file.Path
import javax.imageio.ImageIO
import kotlin.math.exp
import kotlin.math.roundToInt

/** A picture of a world, in which light adds up: sparks turn from red to white, on ashes that are blue. */
internal class Sky(private val width: Int, private val height: Int) : Brush {
    private val light = FloatArray(width * height)
    private val haze = FloatArray(width * height)

    override fun dot(x: Float, y: Float, glow: Int) {
        val column = (x / Rules.WIDTH * width).toInt()
        val row = (y / Rules.HEIGHT * height).toInt()
        if (x >= 0 && y >= 0 && column < width && row < height) light[row * width + column] += glow * LIGHT_OF_GLOW
    }

    override fun ash(x: Float, y: Float, amount: Float) {
        val left = (x / Rules.WIDTH * width).roundToInt() - ASH / 2
        val top = (y / Rules.HEIGHT * height).roundToInt() - ASH / 2
        for (row in maxOf(top, 0) until minOf(top + ASH, height)) {
            for (column in maxOf(left, 0) until minOf(left + ASH, width)) {
                haze[row * width + column] += amount * HAZE_OF_ASH
            }
        }
    }

    /** The picture. */
    fun image(): BufferedImage {
        val image = BufferedImage(width, height, BufferedImage.TYPE_INT_RGB)
        for (pixel in light.indices) image.setRGB(pixel % width, pixel / width, color(light[pixel], haze[pixel]))
        return image
    }

    /** Writes the picture to [file], as a PNG. */
    fun save(file: Path) {
        check(ImageIO.write(image(), "png", file.toFile())) { "this JVM cannot write PNGs" }
    }

    // Of light red grows first, then green, then blue; of haze the other way round; none beyond what a screen can show.
    private fun color(light: Float, haze: Float): Int {
        val red = shade(light + haze * 0.1f)
        val green = shade(light * 0.35f + haze * 0.25f)
        val blue = shade(light * 0.12f + haze)
        return red shl 16 or (green shl 8) or blue
    }

    private fun shade(light: Float): Int = ((1 - exp(-light)) * FULL).roundToInt()

    private companion object {
        const val LIGHT_OF_GLOW = 0.02f
        const val HAZE_OF_ASH = 0.006f

        /** How many pixels wide and high a cell of ashes is painted: wider than it is, so that they run together. */
        const val ASH = 12
        const val FULL = 255
    }
}
