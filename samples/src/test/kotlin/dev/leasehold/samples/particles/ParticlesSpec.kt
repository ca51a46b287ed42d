package dev.leasehold.samples.particles

import dev.leasehold.samples.execute
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import javax.imageio.ImageIO

private class Ended(val code: Int, val out: String, val err: String)

/** The program, whose other JVMs are this one. */
private fun play(vararg words: String): Ended {
    val (out, err) = ByteArrayOutputStream() to ByteArrayOutputStream()
    val (printer, errors) = PrintStream(out, true, Charsets.UTF_8) to PrintStream(err, true, Charsets.UTF_8)
    val command = ParticlesCommand(printer, errors) { play(*it.toTypedArray()).out.lines() }
    val code = command.execute(words.toList(), printer, errors)
    return Ended(code, out.toString(Charsets.UTF_8), err.toString(Charsets.UTF_8))
}

private data class Dot(val x: Float, val y: Float, val amount: Float)

private class Dots : Brush {
    val sparks = ArrayList<Dot>()
    val ashes = ArrayList<Dot>()

    override fun dot(x: Float, y: Float, glow: Int) {
        sparks += Dot(x, y, glow.toFloat())
    }

    override fun ash(x: Float, y: Float, amount: Float) {
        ashes += Dot(x, y, amount)
    }
}

private fun World.dots() = Dots().also(::paint)

private fun brightest(picture: BufferedImage): Int =
    picture.getRGB(0, 0, picture.width, picture.height, null, 0, picture.width).maxOf { it and 0xff0000 shr 16 }

class ParticlesSpec : FunSpec() {
    init {
        test("both worlds show the same in every frame, whatever dies and is born, and whichever thread moves it") {
            Team(1).use { one ->
                Team(3).use { three ->
                    val worlds = listOf(
                        PooledWorld(3000, 7, one),
                        PooledWorld(3000, 7, three),
                        ObjectWorld(3000, 7, one),
                        ObjectWorld(3000, 7, three),
                    )
                    repeat(Rules.LONGEST_LIFE / 2) {
                        val (first, others) = worlds.map { it.dots() }.let { it.first() to it.drop(1) }
                        first.sparks shouldHaveSize 3000
                        others.all { it.sparks == first.sparks && it.ashes == first.ashes }.shouldBeTrue()
                        worlds.forEach(World::frame)
                    }
                    worlds.map { it.burnt }.toSet() shouldHaveSize 1
                    worlds.first().dots().ashes.isNotEmpty().shouldBeTrue()
                    // Each place has been taken over many times.
                    worlds.first().burnt shouldBeGreaterThan 3000L * Rules.LONGEST_LIFE / 2 / Rules.LONGEST_GLOW
                    // Throws if anything off the heap is left.
                    worlds.forEach(World::close)
                }
            }
        }

        test("the program shows the figures of both ways, and draws the last frame") {
            val picture = tempdir().resolve("sky.png")
            val ended = play("--sparks", "4000", "--frames", "40", "--threads", "2", "--picture", picture.path)
            ended.err shouldBe ""
            ended.code shouldBe 0
            ended.out shouldContain "4,000 sparks for 40 frames, 2 threads\n"
            ended.out shouldContain Regex("pools and handles +plain objects\n")
            for (row in listOf(
                "median frame",
                "nine of ten frames within",
                "99 of a hundred within",
                "longest frame",
            )) {
                ended.out shouldContain Regex(" $row +[0-9.]+ ms +[0-9.]+ ms\n")
            }
            ended.out shouldContain Regex(" collections +\\d+ +\\d+\n")
            ended.out shouldContain Regex(" sparks burnt in a frame +(\\d+) +\\1\n")
            ended.out shouldContain
                Regex("begins at [0-9.]+ ms with pools and at [0-9.]+ ms with objects: [0-9.]+ x\\.\n")
            val image = ImageIO.read(picture)
            image.width shouldBe 1600
            image.height shouldBe 900
            brightest(image) shouldBeGreaterThan 0
        }

        test("each way runs in a JVM of its own") {
            val picture = File(tempdir(), "own.png").path
            val words = listOf("--way", "POOLS", "--sparks", "500", "--frames", "20", "--picture", picture)
            val figures = inOwnJvm(words).firstNotNullOf(Figures::parse)
            figures.burnt shouldBeGreaterThan 0
            figures.longest shouldBeGreaterThan 0
            ImageIO.read(File(picture)).width shouldBe 1600
        }

        test("figures are read as they were written") {
            val figures = Figures(1, 22, 333, 4444, 5, 66, 777)
            Figures.parse(figures.line()) shouldBe figures
            Figures.parse("any other line") shouldBe null
        }

        context("a wrong command line is refused with what is wrong, and ends with 2") {
            withData(
                nameFn = { (words, _) -> words.joinToString(" ") },
                listOf("--sparks", "0") to "invalid value for --sparks: 0 is not in the valid range of 1 to 10000000",
                listOf("--frames", "many") to "invalid value for --frames: many is not a valid integer",
                listOf("--way", "SIDEWAYS") to "invalid value for --way: invalid choice: SIDEWAYS",
                listOf("--fast") to "no such option --fast",
            ) { (words, message) ->
                val ended = play(*words.toTypedArray())
                ended.code shouldBe 2
                ended.out shouldBe ""
                ended.err shouldContain "rror: $message"
            }
        }

        test("help is help") {
            val ended = play("--help")
            ended.code shouldBe 0
            ended.err shouldBe ""
            ended.out shouldContain "--sparks"
        }
    }
}
