package dev.leasehold.samples.growth

import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.core.CoreCliktCommand
import com.github.ajalt.clikt.core.ProgramResult
import com.github.ajalt.clikt.core.UsageError
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.option
import dev.leasehold.memory.GiB
import dev.leasehold.samples.execute
import dev.leasehold.samples.size
import dev.leasehold.samples.utf8Errors
import dev.leasehold.samples.utf8Output
import java.io.PrintStream
import kotlin.system.exitProcess

/** Grows a buffer to a gigabyte in two ways. */
fun main(words: Array<String>) {
    val (out, err) = utf8Output() to utf8Errors()
    exitProcess(GrowthCommand(Machine.here(), out, err).execute(words.toList(), out, err))
}

/** The program. It ends with 1 when a way did not reach the top with all of its content. */
internal class GrowthCommand(private val machine: Machine, private val out: PrintStream, private val err: PrintStream) :
    CoreCliktCommand("growth") {
    override fun help(context: Context) =
        "Grows a buffer from 1 MiB by doubling, once with block.resize and once by allocate, copy and free. " +
            "Checks its content, and shows where it lay, what it took, and how long each way needed."

    private val top by option(help = "grow to this size, from 2MiB to 64GiB (1GiB)").size().default(1.GiB)
    private val limit by option(help = "the limit of the budget that both ways draw on (as much as they need)").size()

    override fun run() {
        if (top !in TOPS) {
            throw UsageError(
                "--top is ${Sizes.text(top)}, but must be ${Sizes.text(TOPS.first)} to ${Sizes.text(TOPS.last)}",
            )
        }
        if (!Comparison(top, limit, machine, out, err).run()) throw ProgramResult(1)
    }

    private companion object {
        val TOPS = 2 * Sizes.MEBIBYTE..64.GiB
    }
}
