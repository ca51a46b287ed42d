package dev.leasehold.memory.internal.permanent

/** Where the buffers of a list come from. */
internal interface BufferSource {
    /** All buffers that there are, those of [known] as they are there; their order stays. */
    fun search(known: List<AppendBuffer>): List<AppendBuffer>

    /** Makes a buffer where [placement] finds room; null when it finds none, or the system refuses. */
    fun make(placement: Placement): AppendBuffer?
}
