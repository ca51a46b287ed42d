package dev.leasehold.memory.internal.typed

/**
 * The caches of a pool, by the ids of the threads that own them: as
 * [ThreadTable][dev.leasehold.memory.internal.cache.ThreadTable], of another kind of cache.
 */
internal class SlotTable {
    @Volatile
    private var places = arrayOfNulls<SlotCache>(FIRST_SIZE)

    /** The cache of the thread with [id], or null when it has none. */
    fun find(id: Long): SlotCache? {
        val places = places
        var at = id.toInt() and (places.size - 1)
        while (true) {
            val cache = places[at] ?: return null
            if (cache.ownerId == id) return cache
            at = (at + 1) and (places.size - 1)
        }
    }

    /** Holds exactly [caches] from now on. Under the lock of the pool. */
    fun rebuild(caches: List<SlotCache>) {
        val size = maxOf(FIRST_SIZE, Integer.highestOneBit(caches.size) * SPARSENESS)
        val fresh = arrayOfNulls<SlotCache>(size)
        for (cache in caches) {
            var at = cache.ownerId.toInt() and (size - 1)
            while (fresh[at] != null) at = (at + 1) and (size - 1)
            fresh[at] = cache
        }
        places = fresh
    }

    private companion object {
        const val FIRST_SIZE = 64
        const val SPARSENESS = 4
    }
}
