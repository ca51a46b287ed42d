package dev.leasehold.benchmarks.fragmentation

/** What a trace is replayed on. A place holds one block or none. */
internal interface TracedHeap {
    fun allocate(place: Int, size: Int)

    fun free(place: Int)
}

/**
 * A million allocations and frees of mixed sizes, the same each time.
 *
 * There are 8,192 places. Each operation picks one at random: an empty place gets a block, a full one loses its own. So
 * after a while half of the places are full, and blocks die in no order. Sizes are 16 bytes to 256 KiB, spread evenly
 * over their logarithm: a power of two from 16 to 131,072 at random, and at random up to as much again. A block is 28
 * KiB on average, and about 110 MiB live at once.
 *
 * The randomness is Marsaglia's xorshift64* from a fixed seed, so a replay in any language can repeat it.
 */
internal class ChurnTrace(private val operations: Int = 1_000_000) {
    private val sizes = IntArray(PLACES)
    private var random = SEED

    /** How many bytes were requested and not freed. */
    var live: Long = 0
        private set

    /**
     * Does the operations on [heap], and calls [checkpoint] with the number done after each [interval] of them. What
     * lives at the end is left to [freeAll].
     */
    inline fun replay(heap: TracedHeap, interval: Int, checkpoint: (Int) -> Unit) {
        for (done in 1..operations) {
            step(heap)
            if (done % interval == 0) checkpoint(done)
        }
    }

    /** Empties every place. */
    fun freeAll(heap: TracedHeap) {
        for (place in 0 until PLACES) if (sizes[place] != 0) free(heap, place)
    }

    private fun step(heap: TracedHeap) {
        val place = next(PLACE_BITS)
        if (sizes[place] == 0) allocate(heap, place, nextSize()) else free(heap, place)
    }

    private fun allocate(heap: TracedHeap, place: Int, size: Int) {
        heap.allocate(place, size)
        sizes[place] = size
        live += size
    }

    private fun free(heap: TracedHeap, place: Int) {
        heap.free(place)
        live -= sizes[place]
        sizes[place] = 0
    }

    private fun nextSize(): Int {
        val power = SMALLEST_BITS + (next(Short.SIZE_BITS) * SIZE_BITS shr Short.SIZE_BITS)
        return (1 shl power) + next(power)
    }

    // The upper bits are the good ones.
    private fun next(bits: Int): Int {
        var next = random
        next = next xor (next ushr 12)
        next = next xor (next shl 25)
        next = next xor (next ushr 27)
        random = next
        return (next * MULTIPLIER ushr (Long.SIZE_BITS - bits)).toInt()
    }

    companion object {
        private const val PLACE_BITS = 13
        private const val SMALLEST_BITS = 4
        private const val SIZE_BITS = 14
        private const val SEED = 0x1ea5e401dL
        private const val MULTIPLIER = 0x2545f4914f6cdd1dL

        /** How many blocks may live at once. */
        const val PLACES: Int = 1 shl PLACE_BITS
    }
}
