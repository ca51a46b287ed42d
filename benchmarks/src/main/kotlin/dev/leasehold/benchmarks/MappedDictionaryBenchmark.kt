package dev.leasehold.benchmarks

import dev.leasehold.memory.GiB
import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedMemoryManager
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.annotations.Fork
import java.nio.file.Files
import java.util.Random

/** A map in a file, with values of 100 bytes: looks and changes in random order, by one thread. */
@State(Scope.Thread)
@Fork(2)
public open class MappedDictionaryBenchmark : Measured() {
    /** How many entries there are. */
    @Param("1000", "1000000")
    public var size: Int = 0

    private val path = Files.createTempDirectory("bench").resolve("file")
    private val manager = MappedMemoryManager.create(path) { maxSize = 4.GiB }
    private val map = MappedDictionary.open(manager, "map", MappedCodec.LONG, MappedCodec.BYTES)
    private val value = ByteArray(VALUE_BYTES)
    private val keys = LongArray(KEYS)
    private var next = 0

    @Setup
    public fun fill() {
        for (key in 0 until size) map[key.toLong()] = value
        val random = Random(7)
        for (at in keys.indices) keys[at] = random.nextInt(size).toLong()
    }

    @TearDown
    public fun close() {
        manager.close()
        MappedMemoryManager.delete(path)
        Files.delete(path.parent)
    }

    private fun key() = keys[next++ and KEYS - 1]

    /** A copy of the value. */
    @Benchmark
    public fun get(): ByteArray? = map[key()]

    /** The value where it lies. */
    @Benchmark
    public fun view(): Byte? = map.read(key()) { it.getByte(0) }

    /** Another value in the place of the one that is there. */
    @Benchmark
    public fun update() {
        map[key()] = value
    }

    private companion object {
        const val KEYS = 1 shl 16
        const val VALUE_BYTES = 100
    }
}
