package dev.leasehold.benchmarks

import dev.leasehold.memory.Segment
import java.lang.foreign.MemorySegment

/** A C library's `malloc` and `free`. What a program holds of a block is its address. */
public abstract class NativeHeap : Heap<MemorySegment>() {
    private val addresses = LongArray(LIVE)

    /** Out of a static final field, so that the compiler knows the functions. */
    internal abstract val library: CHeap

    override fun allocate(size: Int): MemorySegment = library.allocate(size.toLong())

    override fun writeAndRead(block: MemorySegment, value: Int): Int = Segment.of(block).writeAndRead(value)

    override fun free(block: MemorySegment): Unit = library.release(block)

    override fun keep(slot: Int, block: MemorySegment) {
        addresses[slot] = block.address()
    }

    override fun take(slot: Int): MemorySegment? {
        val address = addresses[slot]
        return if (address == 0L) null else MemorySegment.ofAddress(address)
    }
}

/** The C library that the JVM runs on: glibc on most systems. */
public open class MallocFree : NativeHeap() {
    override val library: CHeap get() = CHeap.SYSTEM
}

/** Microsoft's mimalloc, by its own names. */
public open class Mimalloc : NativeHeap() {
    override val library: CHeap get() = LIBRARY

    private companion object {
        val LIBRARY: CHeap = OptionalLibrary.MIMALLOC.load()
    }
}

/** jemalloc, which Debian builds without a prefix. */
public open class Jemalloc : NativeHeap() {
    override val library: CHeap get() = LIBRARY

    private companion object {
        val LIBRARY: CHeap = OptionalLibrary.JEMALLOC.load()
    }
}
