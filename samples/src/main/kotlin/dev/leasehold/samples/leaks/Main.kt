package dev.leasehold.samples.leaks

import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.core.CoreCliktCommand
import com.github.ajalt.clikt.core.ProgramResult
import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.arguments.multiple
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.choice
import dev.leasehold.samples.execute
import dev.leasehold.samples.utf8Errors
import dev.leasehold.samples.utf8Output
import java.io.PrintStream
import kotlin.system.exitProcess

/** Leaks memory in four ways, and finds the line of each. */
fun main(words: Array<String>) {
    val (out, err) = utf8Output() to utf8Errors()
    exitProcess(LeaksCommand(out).execute(words.toList(), out, err))
}

/** The program. It ends with 1 when a leak was not found, or one was found where there is none. */
internal class LeaksCommand(private val out: PrintStream) : CoreCliktCommand("leaks") {
    override fun help(context: Context) =
        "Leaks memory on purpose, and finds the line that does: a lease that is never closed, a block that is " +
            "retained once too often, a scope that never ends, and a view that keeps closed memory in quarantine."

    private val names by argument("leak").help("which: lease, block, scope or view (all)")
        .choice(*LEAKS.keys.toTypedArray()).multiple()
    private val isMended by option("--mended").help("run the same without the mistakes").flag()

    override fun run() {
        val asExpected = names.ifEmpty { LEAKS.keys }.map { name ->
            val leak = LEAKS.getValue(name)(isMended)
            val report = Report(name, leak.title, out)
            report.readLog { leak.run(report) }
            if (isMended) !report.hasBegun else report.isFound
        }
        if (isMended && asExpected.all { it }) out.println("No leak was found.")
        if (!asExpected.all { it }) throw ProgramResult(1)
    }

    private companion object {
        val LEAKS: Map<String, (Boolean) -> Leak> = mapOf(
            "lease" to ::UnclosedLease,
            "block" to ::RetainedBlock,
            "scope" to ::EndlessScope,
            "view" to ::KeptView,
        )
    }
}
