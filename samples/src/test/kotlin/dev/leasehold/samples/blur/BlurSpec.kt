package dev.leasehold.samples.blur

import dev.leasehold.memory.device.Devices
import dev.leasehold.samples.execute
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import kotlinx.coroutines.runBlocking
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream

class BlurSpec : FunSpec() {
    private class Ran(val code: Int, val out: String, val err: String)

    private fun run(vararg words: String): Ran {
        val (out, err) = ByteArrayOutputStream() to ByteArrayOutputStream()
        val (printed, failed) = PrintStream(out, true, Charsets.UTF_8) to PrintStream(err, true, Charsets.UTF_8)
        val code = BlurCommand(Devices.list(), printed, failed).execute(words.toList(), printed, failed)
        return Ran(code, out.toString(Charsets.UTF_8), err.toString(Charsets.UTF_8))
    }

    init {
        System.setProperty("java.awt.headless", "true")

        test("a given picture is blurred, by the device as by the processors, and written") {
            val folder = tempdir()
            val (given, written) = File(folder, "given.png") to File(folder, "blurred.png")
            val picture = Picture.paint(333, 217).also { it.save(given.toPath()) }
            val ran = run("--input=$given", "--output=$written", "--radius=3", "--rows=50")
            ran.err shouldBe ""
            ran.code shouldBe 0
            ran.out shouldStartWith "333 × 217 pixels in 5 bands, radius 3\non the processors"
            ran.out shouldContain if (Devices.list().isEmpty()) "There is no OpenCL device:" else "computed there"
            val result = Picture.load(written.toPath())!!
            result.pixels.contentEquals(picture.pixels) shouldBe false
            // A corner, by hand: the mean of the four by four pixels that are inside.
            val corner = (0..3).flatMap { y -> (0..3).map { x -> picture.pixels[y * 333 + x] and 255 } }
            result.pixels[0] and 255 shouldBe corner.sum() / 16
        }

        test("bands meet without a seam, however they are cut") {
            val picture = Picture.paint(64, 48)
            val whole = runBlocking { blurOnProcessors(picture, Band.of(48, 48, 5), 5) }
            for (rows in listOf(1, 7, 47, 100)) {
                val bands = Band.of(48, rows, 5)
                bands.sumOf { it.rows } shouldBe 48
                runBlocking { blurOnProcessors(picture, bands, 5) }.pixels.toList() shouldContainExactly
                    whole.pixels.toList()
            }
        }

        test("what is no picture is a wrong command line") {
            val file = File(tempdir(), "words.png").apply { writeText("no picture") }
            val ran = run("--input=$file")
            ran.code shouldBe 2
            ran.err shouldContain "is no picture that can be read"
            run("--radius=0").code shouldBe 2
        }
    }
}
