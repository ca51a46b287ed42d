package dev.leasehold.benchmarks.fragmentation

import dev.leasehold.benchmarks.CHeap
import dev.leasehold.benchmarks.CLibrary
import dev.leasehold.benchmarks.OptionalLibrary
import dev.leasehold.benchmarks.touchEachPage
import dev.leasehold.memory.Segment
import java.lang.foreign.MemorySegment

/** A C library's heap. */
internal open class NativeTracedHeap(override val name: String, private val library: CHeap) :
    MeasuredHeap<MemorySegment> {
    override val reserved: Long? get() = null

    override fun allocate(size: Int): MemorySegment {
        val memory = library.allocate(size.toLong())
        Segment.of(memory).touchEachPage()
        return memory
    }

    override fun free(block: MemorySegment): Unit = library.release(block)

    override fun close() {}
}

/** mimalloc, which keeps to itself what it holds. */
internal fun mimallocHeap(): NativeTracedHeap = NativeTracedHeap("mimalloc", OptionalLibrary.MIMALLOC.load())

/** The heap of the JVM's own C library, so what is reserved counts from the moment that this was made. */
internal class GlibcHeap : NativeTracedHeap("malloc", CHeap.SYSTEM) {
    private val before = if (CLibrary.hasMallinfo()) CLibrary.mallocReserved() else null

    override val reserved: Long? get() = before?.let { CLibrary.mallocReserved() - it }
}
