package dev.leasehold.benchmarks.fragmentation

/**
 * A million allocations and frees of mixed sizes by one thread, the same each time.
 *
 * There are 8,192 places. Each operation picks one at random: an empty place gets a block, a full one loses its own. So
 * after a while half of the places are full, and blocks die in no order. Sizes are 16 bytes to 256 KiB, spread evenly
 * over their logarithm: a power of two from 16 to 131,072 at random, and at random up to as much again. A block is 28
 * KiB on average, and about 110 MiB live at once. [TraceRandom] says where the randomness comes from.
 */
internal class ChurnTrace<T : Any>(private val heap: TracedHeap<T>, private val operations: Int = 1_000_000) {
    private val blocks = MutableList<T?>(1 shl PLACE_BITS) { null }
    private val sizes = IntArray(1 shl PLACE_BITS)
    private val random = TraceRandom(SEED)

    /** How many bytes were requested and not freed. */
    var live: Long = 0
        private set

    /**
     * Does the operations, and calls [checkpoint] with the number done after each [interval] of them. What lives at the
     * end is left to [freeAll].
     */
    inline fun replay(interval: Int, checkpoint: (Int) -> Unit) {
        for (done in 1..operations) {
            step()
            if (done % interval == 0) checkpoint(done)
        }
    }

    /** Empties every place. */
    fun freeAll() {
        for (place in blocks.indices) blocks[place]?.let { free(place, it) }
    }

    private fun step() {
        val place = random.next(PLACE_BITS)
        val block = blocks[place]
        if (block == null) allocate(place, random.nextSize(SIZE_POWERS)) else free(place, block)
    }

    private fun allocate(place: Int, size: Int) {
        blocks[place] = heap.allocate(size)
        sizes[place] = size
        live += size
    }

    private fun free(place: Int, block: T) {
        heap.free(block)
        blocks[place] = null
        live -= sizes[place]
    }

    private companion object {
        const val PLACE_BITS = 13
        const val SIZE_POWERS = 14
        const val SEED = 0x1ea5e401dL
    }
}
