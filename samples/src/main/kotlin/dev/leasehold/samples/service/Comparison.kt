package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import java.io.PrintStream

/**
 * The main job: the same workload through the versions of the service, compared.
 *
 * A million rows take a version 40 ms, and the JVM seconds to compile it for good: measured too early, more than half
 * of the processor time is the compilers', and whichever version comes first wins. So all are warmed up, and a short
 * workload is run in several rounds, of which each version shows the one in the middle.
 */
internal class Comparison(
    private val arguments: Arguments,
    private val out: PrintStream,
    private val err: PrintStream,
) {
    private val leaks = Leaks(err)
    private var memory: MemoryFigures? = null

    private class Version(val name: String, val open: () -> MeasurementService) {
        val outcomes = ArrayList<Outcome>()

        /** Of all rounds the one in the middle. */
        fun median(): Outcome = outcomes.sortedBy { it.rowsPerSecond }[outcomes.size / 2]
    }

    /** Runs it and answers the exit code: 0 when the answers agree, all memory has come back and the limit held, else 1. */
    fun run(): Int = MemoryPool.isolated("clients").use { clients ->
        MemoryPool.isolated("threads").use { threads ->
            ServiceMemory.limitedTo(arguments.memory).use { own ->
                val workload = Workloads.of(arguments, clients)
                FileHandles.check(workload)
                out.println("${Report.title(workload)}\n")
                val good = compare(workload, clients, versions(threads, own))
                report(if (arguments.kind == ServiceKind.COROUTINES) own.pools[0] else threads)
                val whole = (own.pools + threads + clients).all(leaks::isEmpty)
                if (good && whole && memory?.let(leaks::isWithinLimit) != false) 0 else 1
            }
        }
    }

    private fun versions(threads: MemoryPool, own: ServiceMemory): List<Version> = listOfNotNull(
        Version("heap") { ThreadedService(HeapConversation(), arguments.kind.threads()) },
        Version("leased") { ThreadedService(LeasedConversation(threads), arguments.kind.threads()) },
        Version("coroutines") { CoroutineService(own) }.takeIf { arguments.kind == ServiceKind.COROUTINES },
    )

    private fun compare(workload: Workload, clients: MemoryPool, versions: List<Version>): Boolean =
        GcWatch().use { watch ->
            val trial = Trial(clients, watch)
            warmUp(trial, workload)
            val rounds = rounds(workload)
            var answer = ""
            for (round in 1..rounds) {
                val outcomes = versions.map { run(trial, workload, it, if (rounds > 1) " $round of $rounds" else "") }
                if (!agree(workload, versions, outcomes)) return@use false
                for ((i, version) in versions.withIndex()) version.outcomes += outcomes[i].withoutAnswers()
                answer = outcomes[0].total
            }
            out.println("\n  The answers of all versions are the same: ${Report.answer(answer)}")
            out.println("\n${Report.table(versions.map { it.name }, versions.map { it.median() })}\n$NOTE\n")
            true
        }

    /** In memory that nothing else uses, so that the figures at the end are those of the rounds. */
    private fun warmUp(trial: Trial, workload: Workload): Unit = MemoryPool.isolated("warm-up").use { threads ->
        ServiceMemory.limitedTo(arguments.memory).use { own ->
            val rows = Workloads.warmUp(arguments, workload.rows)
            for (version in versions(threads, own)) {
                val _ = trial.run(rows, 0, progress("warm-up ${version.name}"), version.open)
            }
        }
    }

    /** Once is enough for what takes long: many rows, or slow clients. */
    private fun rounds(workload: Workload): Int = if (workload.rows > SHORT || arguments.slow > 0) 1 else ROUNDS

    private fun run(trial: Trial, workload: Workload, version: Version, round: String): Outcome =
        trial.run(workload, arguments.slow, progress(version.name + round), version.open) { service ->
            if (service is CoroutineService) memory = service.figures()
        }

    private fun progress(title: String) = Progress(title, out, Progress.onTerminal())

    private fun agree(workload: Workload, versions: List<Version>, outcomes: List<Outcome>): Boolean {
        val heap = outcomes[0]
        val answers = Answers(err)
        return (1 until outcomes.size).all { i ->
            answers.agree(workload, versions[i].name, outcomes[i], heap.answers, heap.total)
        }
    }

    private fun report(pool: MemoryPool) {
        memory?.let { out.println("${Report.memory(it)}\n") }
        val stats = pool.stats()
        pool.trim()
        out.println(Report.pool(pool.name, stats, pool.stats()))
    }

    private companion object {
        const val SHORT = 5_000_000L
        const val ROUNDS = 5
        const val NOTE = """
  Processor time is that of the whole process without the clients' threads. Heap bytes are
  those of the whole process: the clients are the same for all and send from off the heap."""
    }
}
