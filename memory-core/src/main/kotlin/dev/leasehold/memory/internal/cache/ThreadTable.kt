package dev.leasehold.memory.internal.cache

/**
 * Finds a platform thread's cache by the thread's id: one load, one compare, and no entry in the thread itself.
 *
 * Open addressing over an array that is never changed where another thread could be looking: an entry is added by its
 * own thread, under a lock, and only its own thread ever matches it, because thread ids are not used twice. The array
 * is doubled until it is at most a quarter full, so that the first look nearly always hits. A `ThreadLocal` does the
 * same for five times the machine code, which is what decides whether a rent is inlined into its caller; and it would
 * keep a cache alive in every thread that ever used the pool.
 */
internal class ThreadTable {
    @Volatile
    private var slots = arrayOfNulls<ThreadCache>(FIRST_SIZE)
    private var count = 0

    /** The cache of the thread with [id] if it lies where it should; else null, and [find] knows better. */
    fun firstLook(id: Long): ThreadCache? {
        val slots = slots
        val cache = slots[id.toInt() and (slots.size - 1)]
        return if (cache != null && cache.ownerId == id) cache else null
    }

    /** The cache of the thread with [id], or null when it has none here. */
    fun find(id: Long): ThreadCache? {
        val slots = slots
        var at = id.toInt() and (slots.size - 1)
        while (true) {
            val cache = slots[at] ?: return null
            if (cache.ownerId == id) return cache
            at = (at + 1) and (slots.size - 1)
        }
    }

    /** Adds [cache]. */
    @Synchronized
    fun add(cache: ThreadCache) {
        if ((count + 1) * SPARSENESS > slots.size) slots = rebuilt(slots.size * 2) { true }
        put(slots, cache)
        count++
    }

    /** Keeps only those caches that [keep] wants. */
    @Synchronized
    fun retain(keep: (ThreadCache) -> Boolean) {
        val kept = slots.count { it != null && keep(it) }
        if (kept == count) return
        var size = FIRST_SIZE
        while (size < SPARSENESS * (kept + 1)) size *= 2
        slots = rebuilt(size, keep)
        count = kept
    }

    private fun rebuilt(size: Int, keep: (ThreadCache) -> Boolean): Array<ThreadCache?> {
        val fresh = arrayOfNulls<ThreadCache>(size)
        for (cache in slots) if (cache != null && keep(cache)) put(fresh, cache)
        return fresh
    }

    private fun put(slots: Array<ThreadCache?>, cache: ThreadCache) {
        var at = cache.ownerId.toInt() and (slots.size - 1)
        while (slots[at] != null) at = (at + 1) and (slots.size - 1)
        slots[at] = cache
    }

    private companion object {
        const val FIRST_SIZE = 64
        const val SPARSENESS = 4
    }
}
