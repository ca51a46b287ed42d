package dev.leasehold.benchmarks

/**
 * 512 live blocks of one size; each operation frees one at random and allocates, writes and reads another in its place.
 */
public open class ManagerChurnBenchmark : HeapBenchmark() {
    private var random = SEED

    override fun measure(heap: Heap<*>): Int = heap.replace(nextSlot(), size, value)

    // Marsaglia's xorshift: the same sequence for every contestant, and too long for a branch predictor to learn.
    private fun nextSlot(): Int {
        var next = random
        next = next xor (next shl 13)
        next = next xor (next ushr 7)
        next = next xor (next shl 17)
        random = next
        return (next ushr 32).toInt() and (Heap.LIVE - 1)
    }

    private companion object {
        const val SEED = 0x1ea5e401dL
    }
}
