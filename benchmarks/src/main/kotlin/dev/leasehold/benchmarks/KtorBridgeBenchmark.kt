package dev.leasehold.benchmarks

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.ktor.readInto
import dev.leasehold.memory.ktor.readLeases
import io.ktor.utils.io.ByteReadChannel
import io.ktor.utils.io.toByteArray
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.OutputTimeUnit
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import kotlinx.coroutines.runBlocking
import kotlinx.io.Buffer
import org.openjdk.jmh.annotations.Fork
import java.util.concurrent.TimeUnit
import kotlin.random.Random

/** A mebibyte that a channel of Ktor has, into leases of 64 KiB, into one, and into an array as Ktor itself does. */
@State(Scope.Thread)
@Fork(2)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public open class KtorBridgeBenchmark : Measured() {
    private val content = Buffer().apply { write(Random(1).nextBytes(1 shl 20)) }
    private lateinit var memory: MemoryPool
    private lateinit var pool: SuspendingPool

    @Setup
    public fun open() {
        memory = MemoryPool.isolated("bodies")
        pool = SuspendingPool(memory, 16.MiB)
    }

    @TearDown
    public fun close() {
        pool.close()
        memory.close()
    }

    private fun channel() = ByteReadChannel(content.copy())

    @Benchmark
    public fun leases(): Long = runBlocking {
        var sum = 0L
        channel().readLeases(pool, 64.KiB).collect { part -> sum += part.withSegment { it.getByte(0) } }
        sum
    }

    @Benchmark
    public fun lease(): Byte = runBlocking {
        pool.withLease(1.MiB) { lease ->
            channel().readInto(lease)
            lease.withSegment { it.getByte(0) }
        }
    }

    @Benchmark
    public fun array(): Byte = runBlocking { channel().toByteArray()[0] }
}
