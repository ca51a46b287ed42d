package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.typed.ConcurrentBitmap
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.Threads
import java.util.SplittableRandom

/** Allocate and free: in a bitmap of a million bits, empty or crowded, by one thread and by two in the same one. */
@State(Scope.Thread)
@Fork(2)
public open class BitmapBenchmark : Measured() {
    @Benchmark
    public fun oneBit(bits: EmptyBits): Unit = bits.once(1)

    @Benchmark
    public fun eightBits(bits: EmptyBits): Unit = bits.once(8)

    /** Of a hundred bits one is clear, somewhere. */
    @Benchmark
    public fun oneBitCrowded(bits: CrowdedBits): Unit = bits.once(1)

    @Benchmark
    @Threads(2)
    public fun oneBitByTwo(bits: EmptyBits): Unit = bits.once(1)
}

/** A bitmap for all threads. */
@State(Scope.Benchmark)
public abstract class SharedBits {
    internal lateinit var bitmap: ConcurrentBitmap

    internal fun once(length: Int): Unit = bitmap.free(bitmap.allocate(length), length)

    @Setup
    public open fun make() {
        bitmap = ConcurrentBitmap(MemoryManager.system(), BITS)
    }

    @TearDown
    public fun close(): Unit = bitmap.close()

    internal companion object {
        const val BITS = 1L shl 20
    }
}

/** All bits are clear. */
public open class EmptyBits : SharedBits()

/** One bit of a hundred is clear. */
public open class CrowdedBits : SharedBits() {
    override fun make() {
        super.make()
        val random = SplittableRandom(42)
        for (bit in 0 until BITS) bitmap[bit] = random.nextInt(100) > 0
    }
}
