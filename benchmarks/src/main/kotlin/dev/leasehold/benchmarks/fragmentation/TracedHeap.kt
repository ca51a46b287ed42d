package dev.leasehold.benchmarks.fragmentation

/** What a trace is replayed on. [T] is what a program holds of a block. */
internal interface TracedHeap<T : Any> {
    /** A block of [size] bytes; every page of it has been written, so that it is resident. */
    fun allocate(size: Int): T

    /** Gives a block back, on any thread. */
    fun free(block: T)
}

/** A heap that says how much it holds from the system. */
internal interface MeasuredHeap<T : Any> : TracedHeap<T>, AutoCloseable {
    val name: String

    /** In bytes, what is free included; null when it does not say. */
    val reserved: Long?
}
