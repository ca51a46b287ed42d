package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import java.io.PrintStream

/** The main job: the same workload through the versions of the service, compared. */
internal class Comparison(
    private val arguments: Arguments,
    private val out: PrintStream,
    private val err: PrintStream,
) {
    private val leaks = Leaks(err)
    private var memory: MemoryFigures? = null

    private class Version(val name: String, val open: () -> MeasurementService)

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
            val warmUp = Workloads.warmUp(arguments, minOf(workload.rows * 10, WARM_UP_ROWS))
            for (version in versions) {
                val _ = trial.run(warmUp, 0, progress("warm-up ${version.name}"), version.open)
            }
            val outcomes = versions.map { run(trial, workload, it) }
            out.println()
            val same = agree(workload, versions, outcomes)
            if (same) out.println("\n${Report.table(versions.map { it.name }, outcomes)}\n$NOTE\n")
            same
        }

    private fun run(trial: Trial, workload: Workload, version: Version): Outcome =
        trial.run(workload, arguments.slow, progress(version.name), version.open) { service ->
            if (service is CoroutineService) memory = service.figures()
        }

    private fun progress(title: String) = Progress(title, out, Progress.onTerminal())

    private fun agree(workload: Workload, versions: List<Version>, outcomes: List<Outcome>): Boolean {
        val heap = outcomes[0]
        val answers = Answers(err)
        for (i in 1 until outcomes.size) {
            if (!answers.agree(workload, versions[i].name, outcomes[i], heap.answers, heap.total)) return false
        }
        out.println("  The answers of all versions are the same: ${Report.answer(heap.total)}")
        return true
    }

    private fun report(pool: MemoryPool) {
        memory?.let { out.println("${Report.memory(it)}\n") }
        val stats = pool.stats()
        pool.trim()
        out.println(Report.pool(pool.name, stats, pool.stats()))
    }

    private companion object {
        const val WARM_UP_ROWS = 1_000_000L
        const val NOTE = """
  Processor time is that of the whole process without the clients' threads. Heap bytes are
  those of the whole process: the clients are the same for all and send from off the heap."""
    }
}
