package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import java.util.concurrent.Callable
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executors
import java.util.concurrent.Future
import java.util.concurrent.ThreadFactory
import java.util.concurrent.atomic.LongAdder

/**
 * Runs a service and its clients. The clients are the same for every version: they work off the heap, so that what
 * appears there is the service's.
 */
internal class Trial(
    private val clientPool: MemoryPool,
    private val threads: ThreadFactory,
    private val watch: GcWatch,
) {
    /** Sends [workload] to a service that serves by [conversation], and closes both. */
    fun run(workload: Workload, conversation: Conversation, progress: Progress): Outcome =
        MeasurementService(conversation, threads).use { service ->
            val sources = openAll(workload)
            watch.reset()
            val before = Meters.read(watch)
            val clientNanos = LongAdder()
            val answers = progress.during(workload.rows, service::rows) { sendAll(sources, service.port, clientNanos) }
            val cost = Meters.read(watch) - before
            Outcome(answers, service.total(), service.rows, cost, clientNanos.sum(), watch.longestMillis())
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

    private fun sendAll(sources: List<RowSource>, port: Int, nanos: LongAdder): List<String> {
        val client = MeasurementClient(port, clientPool)
        return Executors.newFixedThreadPool(sources.size, clientThreads).use { executor ->
            executor.invokeAll(sources.map { Callable { send(client, it, nanos) } }).map(::answerOf)
        }
    }

    private fun send(client: MeasurementClient, source: RowSource, nanos: LongAdder): String = try {
        source.use(client::send)
    } finally {
        nanos.add(Meters.threadNanos())
    }

    private fun answerOf(task: Future<String>): String = try {
        task.get()
    } catch (failed: ExecutionException) {
        throw failed.cause ?: failed
    }

    private companion object {
        val clientThreads: ThreadFactory = Thread.ofPlatform().name("client-", 1).factory()
    }
}
