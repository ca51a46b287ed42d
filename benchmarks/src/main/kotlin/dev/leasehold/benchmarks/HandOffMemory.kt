package dev.leasehold.benchmarks

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.rentShared
import io.netty.buffer.ByteBuf
import io.netty.buffer.ByteBufAllocator
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.annotations.Level
import org.openjdk.jmh.infra.Control
import java.lang.foreign.MemorySegment

/**
 * One contestant of the hand-over between two threads: where its memory comes from on one side, and where it goes on
 * the other. [T] is what lies in the queue between them.
 *
 * A JVM measures one contestant only, so the calls below have one target each.
 */
@State(Scope.Benchmark)
public abstract class HandOffMemory<T : Any> {
    private val ring = HandOffRing<T>(CAPACITY)
    private var held: T? = null

    internal abstract fun rent(size: Int): T

    internal abstract fun write(memory: T, value: Int)

    internal abstract fun read(memory: T): Int

    internal abstract fun close(memory: T)

    /** One side: rents, writes, and puts what was written into the queue. */
    internal fun rentAndWrite(size: Int, value: Int, control: Control) {
        val memory = rent(size)
        write(memory, value)
        if (!ring.put(memory, control)) close(memory)
    }

    /** The other side: takes the oldest out of the queue, reads and closes it; returns what was read. */
    internal fun readAndClose(control: Control): Int {
        val memory = ring.take(control) ?: return 0
        val read = read(memory)
        close(memory)
        return read
    }

    /** Something lives all the while, for the reason that [Heap.hold] gives. */
    @Setup
    public fun hold() {
        held = rent(HELD)
    }

    /** What was on its way when the iteration ended. */
    @TearDown(Level.Iteration)
    public fun drain(): Unit = ring.drain { close(it) }

    @TearDown
    public fun letGo() {
        held?.let { close(it) }
    }

    private companion object {
        const val CAPACITY = 256
        const val HELD = 1 shl 20
    }
}

/** Shared leases of the process-wide pool; each side reaches the bytes in a scope of its own. */
public open class HandOffLeases : HandOffMemory<SharedLease>() {
    private val pool = MemoryPool.shared()

    override fun rent(size: Int): SharedLease = pool.rentShared(size.toLong())

    override fun write(memory: SharedLease, value: Int): Unit = memory.withSegment { it.setInt(0, value) }

    override fun read(memory: SharedLease): Int = memory.withSegment { it.getInt(0) }

    override fun close(memory: SharedLease): Unit = memory.close()
}

/** Buffers of one of Netty's allocators. */
public abstract class HandOffBuffers : HandOffMemory<ByteBuf>() {
    internal abstract val allocator: ByteBufAllocator

    override fun rent(size: Int): ByteBuf = allocator.directBuffer(size)

    override fun write(memory: ByteBuf, value: Int) {
        val _ = memory.setInt(0, value)
    }

    override fun read(memory: ByteBuf): Int = memory.getInt(0)

    override fun close(memory: ByteBuf): Unit = memory.giveBack()
}

public open class HandOffNettyPooled : HandOffBuffers() {
    override val allocator: ByteBufAllocator get() = nettyPooledAllocator
}

public open class HandOffNettyAdaptive : HandOffBuffers() {
    override val allocator: ByteBufAllocator get() = nettyAdaptiveAllocator
}

/** A C library's `malloc` and `free`. */
public abstract class HandOffNative : HandOffMemory<MemorySegment>() {
    /** Out of a static final field, so that the compiler knows the functions. */
    internal abstract val library: CHeap

    override fun rent(size: Int): MemorySegment = library.allocate(size.toLong())

    override fun write(memory: MemorySegment, value: Int): Unit = Segment.of(memory).setInt(0, value)

    override fun read(memory: MemorySegment): Int = Segment.of(memory).getInt(0)

    override fun close(memory: MemorySegment): Unit = library.release(memory)
}

public open class HandOffMallocFree : HandOffNative() {
    override val library: CHeap get() = CHeap.SYSTEM
}

public open class HandOffMimalloc : HandOffNative() {
    override val library: CHeap get() = LIBRARY

    private companion object {
        val LIBRARY: CHeap = OptionalLibrary.MIMALLOC.load()
    }
}
