package dev.leasehold.memory.internal.store

/** What is left of a store that has taken all of its memory back: mappings without pages. */
internal class ReleasedMappings(private val heap: SpanHeap, private val large: LargeBlocks) {
    /** Gives the addresses back. Only when no thread can use them any more. */
    fun unmap() {
        heap.unmapAll()
        large.unmapAll()
    }
}
