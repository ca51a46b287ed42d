package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool

/**
 * Runs a service and its clients. The clients are the same for every version, and send from
 * memory off the heap, so that what appears on the heap is the service's.
 */
internal class Trial(
    private val clientPool: MemoryPool,
    private val watch: GcWatch,
    private val patience: suspend () -> Unit = ClientCrowd.PATIENCE,
) {
    /**
     * Sends [workload], by clients of which the first [slow] are slow ones, to the service that [open] opens, lets
     * [look] have a look at it, and closes it.
     */
    fun <S : MeasurementService> run(
        workload: Workload,
        slow: Int,
        progress: Progress,
        open: () -> S,
        look: (S) -> Unit = {},
    ): Outcome = open().use { service ->
        val sources = openAll(workload)
        try {
            ClientCrowd(clientPool, workload.clients, minOf(slow, workload.clients), patience).use { crowd ->
                measure(workload, progress, service, crowd, sources)
            }.also { look(service) }
        } finally {
            sources.forEach { it.close() }
        }
    }

    private fun measure(
        workload: Workload,
        progress: Progress,
        service: MeasurementService,
        crowd: ClientCrowd,
        sources: List<RowSource>,
    ): Outcome {
        watch.reset()
        val before = Meters.read(watch)
        val answers = progress.during(workload.rows, service::rows) { crowd.send(sources, service.port) }
        val clientNanos = crowd.processorNanos()
        val cost = Meters.read(watch) - before
        val longest = watch.longestMillis()
        return Outcome(answers.map { it.text() }, service.total(), service.rows, cost, clientNanos, longest)
    }

    /** Before the clock runs, because it is no part of the service's work. */
    private fun openAll(workload: Workload): List<RowSource> {
        val sources = ArrayList<RowSource>()
        try {
            for (client in 0 until workload.clients) sources += workload.open(client, clientPool)
            return sources
        } catch (failure: Exception) {
            sources.forEach { it.close() }
            throw failure
        }
    }
}
