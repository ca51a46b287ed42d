package dev.leasehold.samples.service

import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.core.CoreCliktCommand
import com.github.ajalt.clikt.core.ProgramResult
import com.github.ajalt.clikt.core.UsageError
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.long
import com.github.ajalt.clikt.parameters.types.path
import com.github.ajalt.clikt.parameters.types.restrictTo
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.diagnostics.MemoryReport
import dev.leasehold.memory.rent
import dev.leasehold.samples.execute
import dev.leasehold.samples.size
import dev.leasehold.samples.utf8Errors
import dev.leasehold.samples.utf8Output
import kotlinx.coroutines.runBlocking
import java.io.IOException
import java.io.PrintStream
import java.net.URI
import java.util.Locale
import kotlin.system.exitProcess

fun main(words: Array<String>) {
    val (out, err) = utf8Output() to utf8Errors()
    exitProcess(ServiceCommand(out, err).execute(words.toList(), out, err))
}

/** The program: starts the service and its clients in one process, checks the answers, and prints what it has cost. */
class ServiceCommand(private val out: PrintStream, private val err: PrintStream) : CoreCliktCommand("service") {
    override fun help(context: Context) =
        "Runs a measurement service on loopback TCP and the clients that send to it, and checks what they are answered."

    private val rows by option(help = "lines to generate (5000000)").long().restrictTo(0L..100_000_000_000)
        .default(5_000_000)
    private val seed by option(help = "seed of the generator (42)").long().default(42)
    private val input by option(help = "send the lines of this file instead")
        .path(mustExist = true, canBeDir = false, mustBeReadable = true)
    private val bundled by option(help = "send the 5,000 lines that come with the program instead").flag()
    private val repeat by option(help = "send the file so many times over (1)").int().restrictTo(1..1_000_000)
        .default(1)
    private val clients by option(help = "connections at the same time (4)").int().restrictTo(1..10_000).default(4)
    private val memory by option(help = "what the service may hold off the heap, from 8MiB (64MiB)").size()
        .default(64.MiB)

    override fun run() {
        if (memory < ServiceMemory.LEAST) throw UsageError("--memory must be at least ${ServiceMemory.LEAST} bytes")
        if (input != null && bundled) throw UsageError("--input and --bundled exclude each other")
        val job = input?.let { TextRows.ofFile(it, clients, repeat) }
            ?: if (bundled) TextRows.bundled(clients, repeat) else GeneratedRows(rows, clients, seed)
        val isGood = try {
            MemoryReport.serve().use { report -> MemoryPool.isolated("clients").use { send(job, it, report.uri) } }
        } catch (failure: IOException) {
            err.println("The run failed: $failure")
            false
        }
        if (!isGood) throw ProgramResult(1)
    }

    /** Runs the service with its clients, and returns whether all answers were right and no memory was lost. */
    private fun send(job: Rows, pool: MemoryPool, report: URI): Boolean = ServiceMemory(memory).use { memory ->
        val count = "%,d client%s".format(Locale.ROOT, clients, if (clients == 1) "" else "s")
        out.println("Measurement service: %,d rows (%s), %s over TCP".format(Locale.ROOT, job.count, job, count))
        out.println("Its memory while it runs: $report\n")
        val costs = Costs()
        var answers = emptyList<String>()
        val total = MeasurementService.start(memory).use { service ->
            val senders = Clients(service.port, SuspendingPool(pool, CLIENT_MEMORY))
            answers = showingProgress(job.count, service::rows, out) { runBlocking { senders.send(job) } }
            service.total()
        }
        val table = report(job.count, costs, memory)
        val isRight = check(job, answers, total, pool)
        if (isRight) out.println("\n$table")
        isRight && memory.pools.all { it.stats().used == 0L }
    }

    /** Holds each answer to what the lines come to on the heap. */
    private fun check(job: Rows, answers: List<String>, total: String, pool: MemoryPool): Boolean =
        pool.rent(64.KiB).use { buffer ->
            val all = HeapCheck()
            for ((client, answer) in answers.withIndex()) {
                if (answer.startsWith("ERROR")) return refused(job, client, answer)
                val check = HeapCheck().apply { addAll(job.open(client), buffer.segment) }
                if (answer != check.answer()) return differs("client $client", answer, check.answer())
                all.addAll(check)
            }
            if (total != all.answer()) return differs("all clients together", total, all.answer())
            out.println("\n  All answers match those of a plain HashMap: ${shortened(total)}")
            true
        }

    private fun shortened(answer: String): String {
        val stations = answer.removeSurrounding("{", "}").split(", ")
        if (stations.size <= 3) return answer
        return stations.take(3).joinToString(", ", "{", ", … ${stations.size - 3} more}")
    }

    private fun refused(job: Rows, client: Int, answer: String): Boolean {
        val (line, reason) = checkNotNull(REFUSAL.matchEntire(answer)) { answer }.destructured
        err.println("The service refused ${job.place(client, line.toLong())}: $reason")
        return false
    }

    private fun differs(whose: String, answer: String, expected: String): Boolean {
        val at = answer.commonPrefixWith(expected).length
        err.println("The answer for $whose differs at character $at:")
        err.println("  service  …${answer.drop(at).take(80)}\n  heap     …${expected.drop(at).take(80)}")
        return false
    }

    private companion object {
        val CLIENT_MEMORY = 64.MiB
        val REFUSAL = Regex("ERROR line (\\d+): (.*)")
    }
}
