package dev.leasehold.benchmarks

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.io.readInto
import dev.leasehold.memory.okio.asSource
import dev.leasehold.memory.okio.readInto
import dev.leasehold.memory.rent
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.OutputTimeUnit
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import kotlinx.io.buffered
import okio.buffer
import org.openjdk.jmh.annotations.Fork
import java.util.concurrent.TimeUnit
import kotlin.random.Random
import dev.leasehold.memory.io.asSource as asIoSource

/**
 * A gibibyte through Okio and kotlinx-io, 64 MiB at a time: out of a lease, and out of their own buffers in memory; and
 * out of these into a lease, and into an array.
 */
@State(Scope.Thread)
@Fork(2)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public open class IoBridgeBenchmark : Measured() {
    private val array = ByteArray(8192)
    private lateinit var lease: Lease
    private lateinit var okioBuffer: okio.Buffer
    private lateinit var ioBuffer: kotlinx.io.Buffer

    /** All hold the same bytes. */
    @Setup
    public fun fill() {
        val content = Random(1).nextBytes(SIZE.toInt())
        lease = MemoryPool.shared().rent(SIZE)
        lease.segment.copyFrom(content)
        okioBuffer = okio.Buffer().write(content)
        ioBuffer = kotlinx.io.Buffer().apply { write(content) }
    }

    @TearDown
    public fun close() {
        lease.close()
    }

    @Benchmark
    public fun okioLease(): Long = gibibyte { drain(lease.asSource().buffer()) }

    @Benchmark
    public fun okioOwn(): Long = gibibyte { drain(okioBuffer.copy()) }

    @Benchmark
    public fun kotlinxLease(): Long = gibibyte { drain(lease.asIoSource().buffered()) }

    @Benchmark
    public fun kotlinxOwn(): Long = gibibyte { drain(ioBuffer.copy()) }

    @Benchmark
    public fun okioIntoLease(): Long = gibibyte {
        okioBuffer.copy().readInto(lease.segment)
        SIZE
    }

    @Benchmark
    public fun kotlinxIntoLease(): Long = gibibyte {
        ioBuffer.copy().readInto(lease.segment)
        SIZE
    }

    private inline fun gibibyte(read: () -> Long): Long {
        var count = 0L
        repeat(ROUNDS) { count += read() }
        return count
    }

    private fun drain(source: okio.BufferedSource): Long {
        var count = 0L
        while (true) {
            val read = source.read(array)
            if (read < 0) return count
            count += read
        }
    }

    private fun drain(source: kotlinx.io.Source): Long {
        var count = 0L
        while (true) {
            val read = source.readAtMostTo(array)
            if (read < 0) return count
            count += read
        }
    }

    private companion object {
        val SIZE = 64.MiB
        const val ROUNDS = 16
    }
}
