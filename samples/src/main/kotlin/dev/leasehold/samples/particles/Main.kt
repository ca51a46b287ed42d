package dev.leasehold.samples.particles

import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.core.CoreCliktCommand
import com.github.ajalt.clikt.core.ProgramResult
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.enum
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.restrictTo
import dev.leasehold.samples.execute
import dev.leasehold.samples.utf8Errors
import dev.leasehold.samples.utf8Output
import java.io.PrintStream
import java.nio.file.Path
import kotlin.system.exitProcess

/** Lets a million sparks fly, once in pools off the heap and once as objects. */
fun main(words: Array<String>) {
    val (out, err) = utf8Output() to utf8Errors()
    exitProcess(ParticlesCommand(out, err, ::inOwnJvm).execute(words.toList(), out, err))
}

/**
 * The program. It runs each way in a JVM of its own, which is this program again with the option `--way`; [ownJvm] does
 * so, and a test does it in the same JVM.
 */
internal class ParticlesCommand(
    private val out: PrintStream,
    private val err: PrintStream,
    private val ownJvm: (arguments: List<String>) -> List<String>,
) : CoreCliktCommand("particles") {
    override fun help(context: Context) =
        "Lets sparks fly off comets and burn out, frame by frame, once in pools off the heap and once as plain " +
            "objects. Shows how long the frames took and how often garbage was collected, and draws the last frame."

    private val sparks by option(help = "how many sparks there are at any time (1000000)").int()
        .restrictTo(1..MOST_SPARKS).default(1_000_000)
    private val frames by option(help = "how many frames are measured (1000)").int().restrictTo(1..MOST_FRAMES)
        .default(1000)
    private val threads by option(help = "how many threads move the sparks (as many as there are processors)").int()
        .restrictTo(1..MOST_THREADS).default(Runtime.getRuntime().availableProcessors())
    private val picture by option(help = "the PNG to draw the last frame to (particles.png)").default("particles.png")
    private val way by option(help = "runs one way only, in this JVM, and prints its bare figures").enum<Way>()

    override fun run() {
        val only = way
        if (only != null) out.println(play(only).line()) else compare()
    }

    private fun play(way: Way): Figures = Team(threads).use { team ->
        way.create(sparks, SEED, team).use { world ->
            val figures = Game(world).run(frames)
            if (way == Way.POOLS) Sky(PICTURE_WIDTH, PICTURE_HEIGHT).also(world::paint).save(Path.of(picture))
            figures
        }
    }

    private fun compare() {
        out.println(Report.head(sparks, frames, threads))
        val (pools, objects) = Way.entries.map(::figuresOf)
        out.println(Report.table(pools, objects, frames))
        out.println(Report.summary(pools, objects))
        out.println("The last frame is in $picture.")
        // Both saw the same sky, so as many sparks burnt out in it.
        if (pools.burnt != objects.burnt) {
            err.println("${pools.burnt} sparks burnt out in pools, and ${objects.burnt} as objects")
            throw ProgramResult(1)
        }
    }

    private fun figuresOf(way: Way): Figures {
        val numbers = listOf("--sparks", "$sparks", "--frames", "$frames", "--threads", "$threads")
        return ownJvm(listOf("--way", way.name, "--picture", picture) + numbers).firstNotNullOf(Figures::parse)
    }

    private companion object {
        const val SEED = 42L
        const val MOST_SPARKS = 10_000_000
        const val MOST_FRAMES = 1_000_000
        const val MOST_THREADS = 1000
        const val PICTURE_WIDTH = 1600
        const val PICTURE_HEIGHT = 900
    }
}
