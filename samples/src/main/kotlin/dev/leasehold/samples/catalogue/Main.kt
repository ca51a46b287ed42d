package dev.leasehold.samples.catalogue

import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.core.CoreCliktCommand
import com.github.ajalt.clikt.core.ProgramResult
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.path
import com.github.ajalt.clikt.parameters.types.restrictTo
import dev.leasehold.memory.mapped.MappedMap
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.samples.execute
import dev.leasehold.samples.utf8Errors
import dev.leasehold.samples.utf8Output
import java.io.PrintStream
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.writeText
import kotlin.random.Random
import kotlin.system.exitProcess

/** Keeps a catalogue in a file that several processes change, and kills one of them again and again. */
fun main(words: Array<String>) {
    val (out, err) = utf8Output() to utf8Errors()
    exitProcess(CatalogueCommand(out).execute(words.toList(), out, err))
}

/** The program. It ends with 1 when anything that was acknowledged is lost, or the file has a fault. */
internal class CatalogueCommand(private val out: PrintStream) : CoreCliktCommand("catalogue") {
    override fun help(context: Context) =
        "Keeps a catalogue of books in a file that two clerks change, each in a process of its own, while this one " +
            "reads it. Kills a clerk in the middle of its changes, again and again, and checks that all changes " +
            "are there that it had acknowledged. Draws what lies where in the file."

    private val kills by option(help = "how many times a clerk is killed (20)").int().restrictTo(1..MOST_KILLS)
        .default(20)
    private val file by option(help = "the file; it stays, and the next run goes on with it (one that goes)").path()
    private val picture by option(help = "the SVG to draw the file to (catalogue.svg)").path()
        .default(Path.of("catalogue.svg"))

    override fun run() {
        val kept = file
        if (kept != null) return runIn(kept)
        val folder = Files.createTempDirectory("catalogue")
        try {
            runIn(folder.resolve("catalogue"))
        } finally {
            check(folder.toFile().deleteRecursively()) { "$folder stays" }
        }
    }

    private fun runIn(path: Path) {
        val lost = Shop(path, Random).use { shop -> killAll(path, shop) + finish(shop) }
        val report = MappedMemory.verify(path)
        out.println(Report.verified(report))
        out.println("The file is drawn in $picture, as the last clerk left it that was killed.")
        lost.forEach(out::println)
        if (lost.isNotEmpty() || !report.isClean) throw ProgramResult(1)
    }

    private fun killAll(path: Path, shop: Shop): List<String> {
        out.println(Report.head(path, kills, shop.found))
        shop.open()
        val all = (1..kills).map { number ->
            val kill = shop.kill(clerk = number % Shop.CLERKS + 1) { if (number == kills) draw(it) }
            out.println(Report.kill(number, kill, shop.reader.found))
            kill
        }
        out.println(Report.killed(all))
        return all.flatMap(Kill::lost)
    }

    private fun finish(shop: Shop): List<String> {
        val lost = shop.finish()
        out.println(Report.end(shop, lost.size))
        return lost
    }

    private fun draw(map: MappedMap) = picture.writeText(MapPicture(map).draw())

    private companion object {
        const val MOST_KILLS = 100_000
    }
}
