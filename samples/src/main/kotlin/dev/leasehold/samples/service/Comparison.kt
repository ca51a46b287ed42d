package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import java.io.PrintStream
import java.util.Locale

/** The main job: the same workload through both versions of the service, compared. */
internal class Comparison(
    private val arguments: Arguments,
    private val out: PrintStream,
    private val err: PrintStream,
) {
    /** Runs it and answers the exit code: 0 when the answers agree and all memory has come back, else 1. */
    fun run(): Int = MemoryPool.isolated("clients").use { clientPool ->
        MemoryPool.isolated("measurements").use { pool ->
            val good = compare(Workloads.of(arguments, clientPool), pool, clientPool)
            val used = report(pool)
            if (good && isEmpty("measurements", used) && isEmpty("clients", clientPool.stats().used)) 0 else 1
        }
    }

    private fun compare(workload: Workload, pool: MemoryPool, clients: MemoryPool): Boolean = GcWatch().use { watch ->
        val trial = Trial(clients, threads(), watch)
        announce(workload)
        warmUp(trial, pool)
        val heap = trial.run(workload, HeapConversation(), progress("heap"))
        val leased = trial.run(workload, LeasedConversation(pool), progress("leased"))
        out.println()
        val same = agree(workload, heap, leased)
        if (same) out.println("\n${Report.table(heap, leased)}\n$NOTE\n")
        same
    }

    private fun threads() =
        if (arguments.virtualThreads) MeasurementService.virtualThreads() else MeasurementService.platformThreads()

    private fun announce(workload: Workload) {
        val rows = "%,d".format(Locale.ROOT, workload.rows)
        val what = "$rows rows (${workload.description})"
        out.println("Measurement service: $what, ${workload.clients} clients over loopback TCP")
        out.println()
    }

    private fun warmUp(trial: Trial, pool: MemoryPool) {
        val workload = Workloads.warmUp(arguments, WARM_UP_ROWS)
        val _ = trial.run(workload, HeapConversation(), progress("warm-up heap"))
        val _ = trial.run(workload, LeasedConversation(pool), progress("warm-up leased"))
    }

    private fun progress(title: String) = Progress(title, out, Progress.onTerminal())

    private fun agree(workload: Workload, heap: Outcome, leased: Outcome): Boolean {
        for ((client, answer) in leased.answers.withIndex()) {
            if (answer.startsWith(ERROR)) return refused(workload, client, answer)
            if (answer != heap.answers[client]) return differ("client $client", heap.answers[client], answer)
        }
        if (leased.total != heap.total) return differ("all streams together", heap.total, leased.total)
        out.println("  The answers of both versions are the same: ${Report.answer(leased.total)}")
        return true
    }

    private fun refused(workload: Workload, client: Int, answer: String): Boolean {
        val line = answer.removePrefix(ERROR).substringAfter("line ").substringBefore(':').toLong()
        err.println("The service refused ${workload.place(client, line)}: ${answer.removePrefix(ERROR)}")
        return false
    }

    private fun differ(whose: String, heap: String, leased: String): Boolean {
        val at = heap.commonPrefixWith(leased).length
        err.println("The answers for $whose differ at character $at:")
        err.println("  heap   …${heap.drop(at).take(SHOWN)}")
        err.println("  leased …${leased.drop(at).take(SHOWN)}")
        return false
    }

    private fun report(pool: MemoryPool): Long {
        val stats = pool.stats()
        pool.trim()
        out.println(Report.pool(pool.name, stats, pool.stats()))
        return stats.used
    }

    private fun isEmpty(name: String, used: Long): Boolean {
        if (used != 0L) err.println("Pool '$name' still has $used bytes leased: they were lost")
        return used == 0L
    }

    private companion object {
        const val WARM_UP_ROWS = 1_000_000L
        const val ERROR = "ERROR "
        const val SHOWN = 80
        const val NOTE = """
  Processor time is that of the whole process without the clients' threads. Heap bytes are
  those of the whole process: the clients are the same for both and work off the heap."""
    }
}
