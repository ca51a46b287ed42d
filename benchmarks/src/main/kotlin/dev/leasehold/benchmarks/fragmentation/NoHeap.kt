package dev.leasehold.benchmarks.fragmentation

/** Has no memory at all: what grows under it is the JVM and the trace itself. */
internal class NoHeap : MeasuredHeap<NoHeap.Nothing> {
    /** Of the size of a handle. */
    class Nothing internal constructor(val size: Int)

    override val name: String get() = "none: the JVM itself"

    override val reserved: Long get() = 0

    override fun allocate(size: Int): Nothing = Nothing(size)

    override fun free(block: Nothing) {}

    override fun close() {}
}
