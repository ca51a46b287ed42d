package dev.leasehold.benchmarks

import dev.leasehold.benchmarks.service.MeasuredService
import dev.leasehold.benchmarks.service.Version
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Measurement
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import kotlinx.benchmark.Warmup
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.OperationsPerInvocation
import java.util.concurrent.TimeUnit

/**
 * The measurement service of the samples as a whole: four clients send it lines over loopback TCP, and it answers each
 * with the figures of its stations. An operation is one line, so JMH's B/op is heap bytes for each row; the report
 * turns nanoseconds for each row into rows per second.
 *
 * The clients share the processors with the service, and make their lines up as they go, off the heap. That is the same
 * for all versions, so it hides a part of the difference in speed and none of the difference in garbage.
 */
@Warmup(iterations = 5, time = 1, timeUnit = TimeUnit.SECONDS)
@Measurement(iterations = 5, time = 1, timeUnit = TimeUnit.SECONDS)
@Fork(2)
open class ServiceBenchmark : Measured() {
    @Benchmark
    @OperationsPerInvocation(ROWS)
    fun coroutines(service: Coroutines): List<String> = service.send()

    @Benchmark
    @OperationsPerInvocation(ROWS)
    fun threads(service: Threads): List<String> = service.send()

    @Benchmark
    @OperationsPerInvocation(ROWS)
    fun heap(service: Heap): List<String> = service.send()

    open class Coroutines : Contestant(Version.COROUTINES)

    open class Threads : Contestant(Version.THREADS)

    open class Heap : Contestant(Version.HEAP)

    /** A running service, and its answers, which must be the same every time. */
    @State(Scope.Benchmark)
    abstract class Contestant(private val version: Version) {
        private lateinit var service: MeasuredService
        private var first: List<String>? = null

        internal fun send(): List<String> {
            val answers = service.send()
            check(answers == (first ?: answers)) { "the service answered the same lines differently" }
            first = answers
            return answers
        }

        @Setup
        fun open() {
            service = MeasuredService(version, ROWS.toLong(), CLIENTS)
        }

        @TearDown
        fun close(): Unit = service.close()
    }

    private companion object {
        const val ROWS = 2_000_000
        const val CLIENTS = 4
    }
}
