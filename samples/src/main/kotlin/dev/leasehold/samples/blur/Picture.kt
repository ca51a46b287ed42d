package dev.leasehold.samples.blur

import java.awt.Color
import java.awt.GradientPaint
import java.awt.RenderingHints
import java.awt.image.BufferedImage
import java.awt.image.DataBufferInt
import java.nio.file.Path
import javax.imageio.ImageIO
import kotlin.random.Random

/** A picture of [width] times [height] pixels, each an Int of 8 bits alpha, red, green and blue, row by row. */
internal class Picture(val width: Int, val height: Int, val pixels: IntArray = IntArray(width * height)) {
    fun save(path: Path) {
        val image = BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB)
        pixels.copyInto((image.raster.dataBuffer as DataBufferInt).data)
        ImageIO.write(image, "png", path.toFile())
    }

    companion object {
        private const val MOON = 7
        private const val STARS_PER_PIXEL = 0.0006
        private const val HILLS = 4

        /** The picture in the file [path]; null when that is none. */
        fun load(path: Path): Picture? = ImageIO.read(path.toFile())?.let(::of)

        private fun of(any: BufferedImage): Picture {
            val image = BufferedImage(any.width, any.height, BufferedImage.TYPE_INT_ARGB)
            image.createGraphics().apply { drawImage(any, 0, 0, null) }.dispose()
            return Picture(image.width, image.height, (image.raster.dataBuffer as DataBufferInt).data)
        }

        /** A night over hills: small bright things and large dark ones, which a blur shows. */
        fun paint(width: Int, height: Int): Picture {
            val image = BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB)
            val random = Random(width * 31 + height)
            with(image.createGraphics()) {
                setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON)
                paint = GradientPaint(0f, 0f, Color(0x0B1026), 0f, height.toFloat(), Color(0xE07A5F))
                fillRect(0, 0, width, height)
                color = Color(0xFFF8E7)
                repeat((width * height * STARS_PER_PIXEL).toInt()) {
                    val size = random.nextInt(1, 4)
                    fillOval(random.nextInt(width), random.nextInt(height * 2 / 3), size, size)
                }
                fillOval(width * 3 / 4, height / 8, height / MOON, height / MOON)
                for (hill in 0 until HILLS) {
                    color = Color(0x1B2A2F + hill * 0x060807)
                    val top = height / 2 + hill * height / 9
                    for (x in 0 until width) {
                        val wave = Math.sin(x * (hill + 2.0) / width * Math.PI + hill) * height / 14
                        fillRect(x, top + wave.toInt(), 1, height)
                    }
                }
                dispose()
            }
            return of(image)
        }
    }
}
