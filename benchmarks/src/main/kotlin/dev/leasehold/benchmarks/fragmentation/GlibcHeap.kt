package dev.leasehold.benchmarks.fragmentation

import dev.leasehold.benchmarks.CHeap
import dev.leasehold.benchmarks.CLibrary
import dev.leasehold.benchmarks.touchEachPage
import dev.leasehold.memory.Segment
import java.lang.foreign.MemorySegment

/** The C library's heap. The JVM uses it as well, so what is reserved counts from the moment that this was made. */
internal class GlibcHeap : MeasuredHeap {
    private val addresses = LongArray(ChurnTrace.PLACES)
    private val before = CLibrary.mallocReserved()

    override val name: String get() = "malloc"

    override val reserved: Long get() = CLibrary.mallocReserved() - before

    override fun allocate(place: Int, size: Int) {
        val memory = CHeap.SYSTEM.allocate(size.toLong())
        addresses[place] = memory.address()
        Segment.of(memory).touchEachPage()
    }

    override fun free(place: Int): Unit = CHeap.SYSTEM.release(MemorySegment.ofAddress(addresses[place]))

    override fun close() {}
}
