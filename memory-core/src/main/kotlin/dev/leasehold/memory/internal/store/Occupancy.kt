package dev.leasehold.memory.internal.store

import dev.leasehold.memory.internal.block.SizeClasses

/**
 * How many blocks of each size are out of an engine and how many lie ready, and how full its slabs are. One thread.
 *
 * The figures of a class were true at about one moment, and are exact where nothing is taken or given back meanwhile.
 *
 * @param mostSlabs how many [slabs] are named one by one
 */
internal class Occupancy(private val mostSlabs: Int = 0) {
    /**
     * The blocks of one size.
     *
     * @property blockSize how many bytes each has
     * @property leased how many are in use or quarantined
     * @property idle how many lie ready: in caches, in the depot, and in slabs where their pages are here
     * @property slabs how many slabs they are cut from; 0 where each is a span of its own
     */
    class OfClass(val blockSize: Long, val leased: Long, val idle: Long, val slabs: Long)

    /** A slab of [blocks], of which [out] are neither free in it nor away: in use, quarantined or in caches. */
    class OfSlab(val blockSize: Long, val blocks: Int, val out: Int)

    private val out = LongArray(SizeClasses.COUNT)
    private val ready = LongArray(SizeClasses.COUNT)
    private val slabCounts = LongArray(SizeClasses.COUNT)
    private val named = ArrayList<OfSlab>()

    /** The slabs that are named, in the order in which they lie in their regions. */
    val slabs: List<OfSlab> get() = named

    /** How many slabs there are beyond those. */
    var slabsLeftOut: Long = 0
        private set

    /** The sizes of which there are blocks, the smallest first. */
    var classes: List<OfClass> = emptyList()
        private set

    /** Bytes in use that no class has: runs of pages, and blocks above the largest class. */
    var otherBytes: Long = 0
        private set

    /** Adds a slab of [classIndex] with [blocks], of which some are [out] and some are [ready]. */
    fun addSlab(classIndex: Int, blocks: Int, out: Int, ready: Int) {
        this.out[classIndex] += out.toLong()
        this.ready[classIndex] += ready.toLong()
        slabCounts[classIndex]++
        if (named.size < mostSlabs) {
            named.add(OfSlab(SizeClasses.sizeOf(classIndex), blocks, out))
        } else {
            slabsLeftOut++
        }
    }

    /** Adds a block of [classIndex] that is a span of its own. */
    fun addSpan(classIndex: Int) {
        out[classIndex]++
    }

    /**
     * Ends the sum, of a store of which [outBytes] are out: of these some are idle all the same, [cached] blocks of
     * each class and [idleOthers] bytes of blocks that no class has.
     */
    fun end(outBytes: Long, cached: LongArray, idleOthers: Long) {
        var left = outBytes - idleOthers
        classes = out.indices.mapNotNull { index ->
            val size = SizeClasses.sizeOf(index)
            left -= out[index] * size
            val idle = minOf(cached[index], out[index])
            val found = OfClass(size, out[index] - idle, ready[index] + idle, slabCounts[index])
            found.takeIf { it.leased + it.idle + it.slabs > 0 }
        }
        otherBytes = maxOf(0, left)
    }

    companion object {
        /** That of [count] equal chunks of [blockSize] bytes, of which [idle] lie ready. */
        fun ofChunks(blockSize: Long, count: Long, idle: Long): Occupancy = Occupancy().apply {
            classes = listOf(OfClass(blockSize, count - idle, idle, 0))
        }
    }
}
