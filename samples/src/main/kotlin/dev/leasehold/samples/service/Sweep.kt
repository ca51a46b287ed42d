package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import java.io.PrintStream

/**
 * The coroutine version alone, with more and more clients, a part of them slow, under one limit: whether the limit holds,
 * and who waits for whom.
 */
internal class Sweep(
    private val arguments: Arguments,
    private val out: PrintStream,
    private val err: PrintStream,
) {
    private val leaks = Leaks(err)
    private val stages = if (arguments.sweep) STAGES else listOf(Stage(arguments.clients, arguments.slow))

    /** So many clients, so many of them slow. */
    private class Stage(val clients: Int, val slow: Int)

    /** Runs it and answers the exit code: 0 when all answers are right, all memory has come back and the limit held. */
    fun run(): Int = MemoryPool.isolated("clients").use { clients ->
        GcWatch().use { watch ->
            val trial = Trial(clients, watch)
            val workloads = stages.map { Workloads.of(arguments.copy(clients = it.clients), clients) }
            workloads.forEach(FileHandles::check)
            out.println(
                "Measurement service: ${Report.rows(workloads[0])} for each number of clients, over loopback TCP",
            )
            out.println("At most ${Report.grouped(arguments.memory)} B off the heap\n")
            repeat(WARM_UPS) { warmUp(trial, workloads[0].rows) }
            val results = workloads.zip(stages) { workload, stage -> runStage(trial, workload, stage.slow, clients) }
            if (results.all { it != null }) {
                out.println("\n  All answers are those of the heap version.\n")
                out.println(SweepReport.table(results.filterNotNull()))
            }
            if (results.all { it != null } && leaks.isEmpty(clients)) 0 else 1
        }
    }

    private fun warmUp(trial: Trial, rows: Long) {
        val workload = Workloads.warmUp(arguments, rows)
        ServiceMemory.limitedTo(arguments.memory).use { own ->
            val _ = trial.run(workload, 0, progress("warm-up"), { CoroutineService(own) })
        }
    }

    /** Memory of its own for each stage, so that the peak is this stage's; null when the stage has failed and has said so. */
    private fun runStage(trial: Trial, workload: Workload, slow: Int, clients: MemoryPool): SweepStage? =
        ServiceMemory.limitedTo(arguments.memory).use { own ->
            var memory: MemoryFigures? = null
            val title = Report.clients(workload) + if (slow > 0) ", $slow slow" else ""
            val outcome = trial.run(workload, slow, progress(title), { CoroutineService(own) }) {
                memory = it.figures()
            }
            val figures = checkNotNull(memory)
            val expected = HeapAnswers.of(workload, clients)
            val right = Answers(err).agree(workload, "coroutines", outcome, expected.each, expected.total)
            val whole = own.pools.all(leaks::isEmpty)
            val within = leaks.isWithinLimit(figures)
            SweepStage(workload.clients, slow, outcome, figures, own.served).takeIf { right && whole && within }
        }

    private fun progress(title: String) = Progress(title, out, Progress.onTerminal())

    private companion object {
        /** The last has more slow clients than are served at once under the default limit: all others wait for them. */
        val STAGES = listOf(Stage(1, 0), Stage(100, 10), Stage(5000, 500), Stage(5000, 1500))

        /** What is compiled in the first is thrown away and compiled anew when it meets the second. */
        const val WARM_UPS = 2
    }
}
