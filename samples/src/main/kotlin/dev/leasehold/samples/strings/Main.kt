package dev.leasehold.samples.strings

import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.core.CoreCliktCommand
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.path
import dev.leasehold.memory.permanent.AddressSpace
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentTable
import dev.leasehold.samples.execute
import dev.leasehold.samples.utf8Errors
import dev.leasehold.samples.utf8Output
import java.io.PrintStream
import java.nio.file.Path
import kotlin.io.path.writeText
import kotlin.system.exitProcess

/** Shares a table of words with two plug-ins and another process, and draws where it lies. */
fun main(words: Array<String>) {
    val (out, err) = utf8Output() to utf8Errors()
    exitProcess(StringsCommand(out).execute(words.toList(), out, err))
}

/** The program. */
internal class StringsCommand(private val out: PrintStream) : CoreCliktCommand("strings") {
    override fun help(context: Context) =
        "Makes a table of words in permanent memory. Two plug-ins, each in a class loader with its own copy of the " +
            "library, and a second process find the words where they lie, and append those that are missing. Nobody " +
            "copies the table. Says who found what where, and draws the addresses."

    private val file by option("--picture", help = "the SVG to draw the addresses to (strings.svg)").path()
        .default(Path.of("strings.svg"))

    override fun run() {
        val table = PermanentTable.obtain(TABLE)
        val landmarks = Landmarks(table)
        out.println(Report.head())
        val visits = listOf(
            shown(Visit.make("host", Text.HARBOUR, table, PermanentMemory::buffers)),
            shown(PlugIn.run("plug-in A", Text.SHIPS)),
            shown(PlugIn.run("plug-in B", Text.TIDES)),
        )
        GuestProcess(Text.LANTERN).use { guest ->
            val all = visits + shown(guest.visit)
            out.println(Report.words(table, all))
            out.println(Report.buffers(guest.visit, landmarks))
            draw(guest, landmarks)
        }
        out.println("The addresses of both processes are drawn in $file.")
    }

    private fun shown(visit: Visit): Visit = visit.also { out.println(Report.visit(it)) }

    private fun draw(guest: GuestProcess, landmarks: Landmarks) {
        val own = Territory(AddressSpace.regions(), PermanentMemory.buffers().map(Place::of), landmarks.malloc)
        val other = Territory(guest.regions(), guest.visit.places)
        val titles =
            listOf("The host, process ${ProcessHandle.current().pid()}", "The guest, process ${guest.visit.process}")
        val purposes = own.places.map(landmarks::purposeOf)
        file.writeText(SpacePicture(titles.zip(listOf(own, other)).toMap(), purposes).draw())
    }
}
