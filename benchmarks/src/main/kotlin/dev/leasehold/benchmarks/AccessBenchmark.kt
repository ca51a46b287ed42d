package dev.leasehold.benchmarks

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.rent
import dev.leasehold.memory.typed.asInts
import dev.leasehold.memory.typed.asLongs
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.annotations.Fork

/** Sum, copy and fill through the segment of a lease, and the same in a byte array. */
@State(Scope.Thread)
@Fork(2)
public open class AccessBenchmark : Measured() {
    /** How many bytes are worked on. */
    @Param("64", "1024", "65536")
    public var size: Int = 0

    /** What [fillSegment] and [fillArray] write; a field, so that the compiler cannot know it. */
    public var value: Byte = 42

    private lateinit var lease: Lease
    private lateinit var targetLease: Lease
    private lateinit var array: ByteArray
    private lateinit var targetArray: ByteArray

    /** Both hold the same bytes. */
    @Setup
    public fun rentAndFill() {
        array = ByteArray(size) { it.toByte() }
        targetArray = ByteArray(size)
        lease = MemoryPool.shared().rent(size.toLong())
        targetLease = MemoryPool.shared().rent(size.toLong())
        for (index in 0 until size) lease.segment.setByte(index.toLong(), array[index])
    }

    @TearDown
    public fun close() {
        targetLease.close()
        lease.close()
    }

    @Benchmark
    public fun sumBytesSegment(): Int {
        val bytes = lease.segment
        var sum = 0
        for (offset in 0L until bytes.size) sum += bytes.getByte(offset)
        return sum
    }

    @Benchmark
    public fun sumBytesArray(): Int {
        val bytes = array
        var sum = 0
        for (index in bytes.indices) sum += bytes[index]
        return sum
    }

    @Benchmark
    public fun sumIntsSegment(): Int {
        val ints = lease.segment.asInts()
        var sum = 0
        for (index in 0L until ints.size) sum += ints[index]
        return sum
    }

    @Benchmark
    public fun sumIntsArray(): Int {
        val bytes = array
        var sum = 0
        for (index in 0 until bytes.size step Int.SIZE_BYTES) sum += ByteArrays.getInt(bytes, index)
        return sum
    }

    @Benchmark
    public fun sumLongsSegment(): Long {
        val longs = lease.segment.asLongs()
        var sum = 0L
        for (index in 0L until longs.size) sum += longs[index]
        return sum
    }

    @Benchmark
    public fun sumLongsArray(): Long {
        val bytes = array
        var sum = 0L
        for (index in 0 until bytes.size step Long.SIZE_BYTES) sum += ByteArrays.getLong(bytes, index)
        return sum
    }

    @Benchmark
    public fun copySegment(): Byte {
        val target = targetLease.segment
        lease.segment.copyTo(target)
        return target.getByte(0)
    }

    @Benchmark
    public fun copyArray(): Byte {
        System.arraycopy(array, 0, targetArray, 0, size)
        return targetArray[0]
    }

    @Benchmark
    public fun fillSegment(): Byte {
        val target = targetLease.segment
        target.fill(value)
        return target.getByte(0)
    }

    @Benchmark
    public fun fillArray(): Byte {
        targetArray.fill(value)
        return targetArray[0]
    }
}
