package dev.leasehold.benchmarks

import dev.leasehold.memory.mapped.MappedLock
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedRing
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Scope
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.annotations.Fork
import java.nio.file.Files
import java.util.concurrent.locks.ReentrantLock
import java.util.concurrent.locks.ReentrantReadWriteLock

/** Take and give back a lock that no one else wants, and write and read a chunk; beside that the locks of the JDK. */
@State(Scope.Thread)
@Fork(2)
public open class MappedLockBenchmark : Measured() {
    private val path = Files.createTempDirectory("bench").resolve("file")
    private val manager = MappedMemoryManager.create(path)
    private val lock = MappedLock.open(manager, "lock")
    private val mostlyExclusive = MappedLock.open(manager, "never shared")
    private val ring = MappedRing.open(manager, "ring", RING_BYTES)
    private val reentrant = ReentrantLock()
    private val readWrite = ReentrantReadWriteLock()

    /** What is changed under the lock; a field, so that the compiler cannot leave it out. */
    public var value: Long = 0

    init {
        // From now on who takes it exclusively looks for readers.
        lock.withShared {}
    }

    @TearDown
    public fun close() {
        manager.close()
        MappedMemoryManager.delete(path)
        Files.delete(path.parent)
    }

    @Benchmark
    public fun exclusive(): Long = mostlyExclusive.withExclusive { ++value }

    /** Of a lock that has been shared. */
    @Benchmark
    public fun exclusiveAfterShared(): Long = lock.withExclusive { ++value }

    @Benchmark
    public fun shared(): Long = lock.withShared { ++value }

    @Benchmark
    public fun reentrantLock(): Long {
        reentrant.lock()
        try {
            return ++value
        } finally {
            reentrant.unlock()
        }
    }

    @Benchmark
    public fun readLock(): Long {
        readWrite.readLock().lock()
        try {
            return ++value
        } finally {
            readWrite.readLock().unlock()
        }
    }

    @Benchmark
    public fun writeLock(): Long {
        readWrite.writeLock().lock()
        try {
            return ++value
        } finally {
            readWrite.writeLock().unlock()
        }
    }

    /** A chunk of 64 bytes there and back. */
    @Benchmark
    public fun ring(): Long {
        ring.write(CHUNK_BYTES) { it.setLong(0, ++value) }
        var read = 0L
        ring.read { read = it.getLong(0) }
        return read
    }

    private companion object {
        const val RING_BYTES = 1L shl 16
        const val CHUNK_BYTES = 64L
    }
}
