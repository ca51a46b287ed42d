package dev.leasehold.samples.particles

import java.util.concurrent.Executors

/** Some [threads] that share the work of a frame. Each has the same part every time, and finds it in its caches. */
internal class Team(private val threads: Int) : AutoCloseable {
    private val executors = List(threads) { Executors.newSingleThreadExecutor() }

    /** Divides [count] things among the threads, and returns when all is done. */
    fun share(count: Int, work: (from: Int, until: Int) -> Unit) {
        val parts = executors.mapIndexed { part, executor ->
            executor.submit { work(partOf(count, part), partOf(count, part + 1)) }
        }
        parts.forEach { it.get() }
    }

    private fun partOf(count: Int, part: Int) = (count.toLong() * part / threads).toInt()

    override fun close(): Unit = executors.forEach { it.close() }
}
