package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.typed.ChunkRing
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.agrona.concurrent.MessageHandler
import org.agrona.concurrent.UnsafeBuffer
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.OperationsPerInvocation
import org.openjdk.jmh.annotations.Threads
import java.nio.ByteBuffer

/**
 * Chunks through a ring: a writer writes the first and the last long of each, and a reader reads them. Beside it
 * Agrona's ring for many writers and one reader, in its two forms: claim and fill in place, and write from a buffer.
 */
@State(Scope.Thread)
@Fork(2)
public open class RingBenchmark : Measured() {
    /** How many bytes a chunk has. */
    @Param("64", "1024")
    public var size: Int = 0

    private lateinit var ring: ChunkRing
    private lateinit var agrona: ManyToOneRingBuffer
    private lateinit var source: UnsafeBuffer
    private var sum = 0L

    // At their best when it is made once.
    private val handler = MessageHandler { _, buffer, index, length ->
        sum += buffer.getLong(index) + buffer.getLong(index + length - Long.SIZE_BYTES)
    }

    @Setup
    public fun make() {
        ring = ChunkRing(MemoryManager.system(), CAPACITY.toLong())
        agrona = newAgrona()
        source = UnsafeBuffer(ByteBuffer.allocateDirect(size))
    }

    @TearDown
    public fun close() {
        ring.clear()
        ring.close()
    }

    /** One thread writes 32 chunks and drains them. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun ringAlone(): Long {
        for (number in 0 until BATCH) ring.writeChunk(size.toLong(), number.toLong())
        ring.drain { sum += it.getLong(0) + it.getLong(it.size - Long.SIZE_BYTES) }
        return sum
    }

    /** One thread writes 32 chunks and reads them one by one. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun ringAloneOneByOne(): Long {
        for (number in 0 until BATCH) ring.writeChunk(size.toLong(), number.toLong())
        while (ring.tryRead { sum += it.getLong(0) + it.getLong(it.size - Long.SIZE_BYTES) }) continue
        return sum
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun agronaClaimAlone(): Long {
        for (number in 0 until BATCH) agrona.claimMessage(size, number.toLong())
        return drained()
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun agronaWriteAlone(): Long {
        for (number in 0 until BATCH) agrona.writeMessage(source, number.toLong())
        return drained()
    }

    private fun drained(): Long {
        var left = BATCH
        while (left > 0) left -= agrona.read(handler)
        return sum
    }

    /** One thread writes to another, which drains. */
    @Benchmark
    @Threads(1)
    public fun ring1(reader: RingReader): Unit = reader.write(size, 42)

    @Benchmark
    @Threads(1)
    public fun agronaClaim1(reader: AgronaReader): Unit = reader.claim(size, 42)

    @Benchmark
    @Threads(1)
    public fun agronaWrite1(reader: AgronaReader): Unit = reader.write(source, 42)

    /** Two threads write to a third, which drains. */
    @Benchmark
    @Threads(2)
    public fun ring2(reader: RingReader): Unit = reader.write(size, 42)

    @Benchmark
    @Threads(2)
    public fun agronaClaim2(reader: AgronaReader): Unit = reader.claim(size, 42)

    @Benchmark
    @Threads(2)
    public fun agronaWrite2(reader: AgronaReader): Unit = reader.write(source, 42)
}

private const val BATCH = 32
private const val CAPACITY = 1 shl 17
private const val MESSAGE = 1

private fun newAgrona() = ManyToOneRingBuffer(
    UnsafeBuffer(ByteBuffer.allocateDirect(CAPACITY + RingBufferDescriptor.TRAILER_LENGTH)),
)

private fun ChunkRing.writeChunk(size: Long, value: Long): Boolean = tryWrite(size) {
    it.setLong(0, value)
    it.setLong(size - Long.SIZE_BYTES, value)
}

private fun ManyToOneRingBuffer.claimMessage(size: Int, value: Long): Boolean {
    val index = tryClaim(MESSAGE, size)
    if (index < 0) return false
    val buffer = buffer()
    buffer.putLong(index, value)
    buffer.putLong(index + size - Long.SIZE_BYTES, value)
    commit(index)
    return true
}

private fun ManyToOneRingBuffer.writeMessage(source: UnsafeBuffer, value: Long): Boolean {
    source.putLong(0, value)
    source.putLong(source.capacity() - Long.SIZE_BYTES, value)
    return write(MESSAGE, source, 0, source.capacity())
}

/** The one reader of a ring, a thread of its own from the first iteration to the last. */
@State(Scope.Benchmark)
public abstract class ReaderThread {
    @Volatile private var stopped = false
    private lateinit var thread: Thread

    internal var sum = 0L

    /** Reads what is there, and returns how many chunks that were. */
    internal abstract fun drain(): Int

    @Setup
    public fun start() {
        thread = Thread.ofPlatform().daemon().start {
            var idle = 0
            while (!stopped) {
                idle = if (drain() > 0) 0 else idle + 1
                if (idle > 0) rest(idle)
            }
        }
    }

    @TearDown
    public fun stop() {
        stopped = true
        thread.join()
    }
}

/** Waits for the other side, the same for all: it spins at first. */
private fun rest(idle: Int) {
    if (idle < 1000) Thread.onSpinWait() else Thread.yield()
}

private inline fun untilWritten(write: () -> Boolean) {
    var idle = 0
    while (!write()) rest(++idle)
}

/** The library's ring and its reader. */
public open class RingReader : ReaderThread() {
    private val ring = ChunkRing(MemoryManager.system(), CAPACITY.toLong())

    internal fun write(size: Int, value: Long): Unit = untilWritten { ring.writeChunk(size.toLong(), value) }

    override fun drain(): Int = ring.drain { sum += it.getLong(0) + it.getLong(it.size - Long.SIZE_BYTES) }
}

/** Agrona's ring and its reader. */
public open class AgronaReader : ReaderThread() {
    private val ring = newAgrona()
    private val handler = MessageHandler { _, buffer, index, length ->
        sum += buffer.getLong(index) + buffer.getLong(index + length - Long.SIZE_BYTES)
    }

    internal fun claim(size: Int, value: Long): Unit = untilWritten { ring.claimMessage(size, value) }

    internal fun write(source: UnsafeBuffer, value: Long): Unit = untilWritten { ring.writeMessage(source, value) }

    override fun drain(): Int = ring.read(handler)
}
