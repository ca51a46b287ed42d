package dev.leasehold.memory

import java.lang.foreign.MemorySegment

/**
 * A view of native memory: where it lies and how long it is. It owns nothing: the memory behind it lives as long as the lease
 * or block that it was taken from, and an access after that throws.
 */
@JvmInline
public value class Segment private constructor(@PublishedApi internal val raw: MemorySegment) {
    /** How many bytes this view covers. */
    public val size: Long get() = raw.byteSize()

    /** The named crossing to the platform's type: the same memory, the same lifetime. */
    public fun asMemorySegment(): MemorySegment = raw

    public companion object {
        /** The named crossing from the platform's type: a view of the same memory with the same lifetime. */
        public fun of(memorySegment: MemorySegment): Segment = Segment(memorySegment)
    }
}
