package dev.leasehold.memory.internal.permanent

import dev.leasehold.memory.internal.platform.SystemSpace
import java.util.IdentityHashMap

/**
 * The buffers that are known, of [source]: the first that fits serves a request. Only when none does is the source
 * searched, and only then another made. Any thread.
 *
 * @param M what users see of a buffer
 */
internal class BufferList<M : Any>(
    private val space: SystemSpace,
    private val source: BufferSource,
    private val charge: () -> SpaceCharge,
    private val wrap: (AppendBuffer) -> M,
) {
    private class Known<M : Any>(val buffer: AppendBuffer, val outside: M)

    @Volatile
    private var known = emptyArray<Known<M>>()

    /** A buffer with room for [size] bytes at a multiple of [alignment], all of it from [first] to [last]. */
    fun find(size: Long, first: Long, last: Long, alignment: Long): M? {
        for (one in known) {
            val buffer = one.buffer
            if (buffer.liesIn(first, last) && buffer.fits(size, alignment)) return one.outside
        }
        return null
    }

    /** [find], also among those that others have made; else one that is made. [refuse] tells why that cannot be. */
    inline fun obtain(size: Long, first: Long, last: Long, alignment: Long, refuse: (Placement) -> Nothing): M {
        find(size, first, last, alignment)?.let { return it }
        val placement = Placement(space, first, last, size, alignment)
        return searchOrMake(size, first, last, alignment, placement) ?: refuse(placement)
    }

    fun searchOrMake(size: Long, first: Long, last: Long, alignment: Long, placement: Placement): M? {
        searched(size, first, last, alignment)?.let { return it }
        // Small requests share: the more bytes there are, the larger the next buffer. What is not used has no pages.
        val larger = Placement(space, first, last, sizeForMany(size), alignment)
        if (larger.bytes > placement.bytes && charge().tryTake(larger.bytes)) {
            addCharged(size, first, last, alignment, larger)?.let { return it }
        }
        charge().take(placement.bytes)
        return addCharged(size, first, last, alignment, placement)
    }

    @Synchronized
    private fun searched(size: Long, first: Long, last: Long, alignment: Long): M? {
        search()
        return find(size, first, last, alignment)
    }

    /**
     * Makes a buffer at [placement], whose bytes are charged, unless another was quicker; they are not charged any more
     * when none was made. Budgets are asked before, as they call foreign code.
     */
    private fun addCharged(size: Long, first: Long, last: Long, alignment: Long, placement: Placement): M? {
        var isMade = false
        try {
            synchronized(this) {
                searched(size, first, last, alignment)?.let { return it }
                val buffer = source.make(placement) ?: return null
                isMade = true
                val entry = Known(buffer, wrap(buffer))
                known += entry
                return entry.outside
            }
        } finally {
            if (!isMade) charge().giveBack(placement.bytes)
        }
    }

    /** All buffers, also those that others have made. */
    @Synchronized
    fun all(): List<M> {
        search()
        return known.map { it.outside }
    }

    /** The buffer that has the [size] bytes at [address]; null for none. */
    fun holding(address: Long, size: Long): AppendBuffer? {
        known.find { it.buffer.holds(address, size) }?.let { return it.buffer }
        synchronized(this) { search() }
        return known.find { it.buffer.holds(address, size) }?.buffer
    }

    private fun search() {
        val before = known
        val now = source.search(before.map { it.buffer })
        if (now.size == before.size) return
        val outsides = before.associateByTo(IdentityHashMap(before.size)) { it.buffer }
        known = now.map { outsides[it] ?: Known(it, wrap(it)) }.toTypedArray()
    }

    private fun sizeForMany(size: Long): Long =
        if (size >= LEAST_SHARED) 0 else known.sumOf { it.buffer.size }.coerceIn(LEAST_SHARED, MOST_SHARED)

    private companion object {
        const val LEAST_SHARED = 1L shl 16
        const val MOST_SHARED = 1L shl 22
    }
}
