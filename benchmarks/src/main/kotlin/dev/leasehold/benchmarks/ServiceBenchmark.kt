package dev.leasehold.benchmarks

import dev.leasehold.samples.service.MeasuredService
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Measurement
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import kotlinx.benchmark.Warmup
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.Level
import org.openjdk.jmh.annotations.OperationsPerInvocation
import java.util.concurrent.TimeUnit

/**
 * The measurement service of the samples as a whole: four clients send it lines over loopback TCP, and it answers each with the
 * figures of its stations. An operation is one line, so JMH's B/op is heap bytes for each row; the report turns nanoseconds for
 * each row into rows per second.
 *
 * The clients share the processors with the service, and make their lines up as they go, off the heap: that is the same for both
 * versions, so it hides a part of the difference in speed and none of the difference in garbage.
 */
@Warmup(iterations = 5, time = 1, timeUnit = TimeUnit.SECONDS)
@Measurement(iterations = 5, time = 1, timeUnit = TimeUnit.SECONDS)
@Fork(2)
public open class ServiceBenchmark : Measured() {
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public fun leased(version: Leased): List<String> = version.send()

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public fun heap(version: Heap): List<String> = version.send()

    /** The service on leased memory. */
    public open class Leased : Version() {
        override fun start(): MeasuredService = MeasuredService.leased(ROWS, CLIENTS)
    }

    /** The service on the heap. */
    public open class Heap : Version() {
        override fun start(): MeasuredService = MeasuredService.heap(ROWS, CLIENTS)
    }

    /** A running service, and what it is sent next. */
    @State(Scope.Benchmark)
    public abstract class Version {
        private lateinit var service: MeasuredService
        private var first: List<String>? = null

        internal abstract fun start(): MeasuredService

        internal fun send(): List<String> {
            val answers = service.send()
            check(answers == (first ?: answers)) { "the service answered the same lines differently" }
            first = answers
            return answers
        }

        @Setup
        public fun open() {
            service = start()
        }

        /** Outside the measured time. */
        @Setup(Level.Invocation)
        public fun prepare(): Unit = service.prepare()

        @TearDown
        public fun close(): Unit = service.close()
    }

    private companion object {
        const val ROWS = 2_000_000
        const val CLIENTS = 4
    }
}
