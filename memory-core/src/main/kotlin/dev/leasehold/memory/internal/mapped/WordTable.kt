package dev.leasehold.memory.internal.mapped

/**
 * Words by their keys, and when each was put. Open addressing in three arrays: 24 bytes a word, where a map of objects
 * has a hundred. No key is 0. One thread.
 */
internal class WordTable {
    private var keys = LongArray(LEAST)
    private var values = LongArray(LEAST)
    private var orders = LongArray(LEAST)

    /** How many words there are. */
    var size: Int = 0
        private set

    /** Where [key] is, for [valueAt] and [orderAt]; negative where it is not. */
    fun find(key: Long): Int {
        val slot = slotOf(key)
        return if (keys[slot] == key) slot else -1
    }

    fun valueAt(slot: Int): Long = values[slot]

    fun orderAt(slot: Int): Long = orders[slot]

    /** The word of [key]; 0 where there is none. */
    operator fun get(key: Long): Long {
        val slot = find(key)
        return if (slot < 0) 0 else values[slot]
    }

    /** Puts [value] for [key], in the place of the one that is there. */
    fun put(key: Long, value: Long, order: Long) {
        var slot = slotOf(key)
        if (keys[slot] != key) {
            if (size >= keys.size / 2) {
                grow()
                slot = slotOf(key)
            }
            keys[slot] = key
            size++
        }
        values[slot] = value
        orders[slot] = order
    }

    /** Runs [action] with each key, its word and when that was put. */
    inline fun forEach(action: (key: Long, value: Long, order: Long) -> Unit) {
        for (slot in keys.indices) if (keys[slot] != 0L) action(keys[slot], values[slot], orders[slot])
    }

    private fun slotOf(key: Long): Int {
        val mask = keys.size - 1
        var slot = (key * SPREAD ushr SPREAD_SHIFT).toInt() and mask
        while (keys[slot] != 0L && keys[slot] != key) slot = slot + 1 and mask
        return slot
    }

    private fun grow() {
        val (oldKeys, oldValues, oldOrders) = Triple(keys, values, orders)
        keys = LongArray(2 * oldKeys.size)
        values = LongArray(keys.size)
        orders = LongArray(keys.size)
        for (old in oldKeys.indices) {
            if (oldKeys[old] == 0L) continue
            val slot = slotOf(oldKeys[old])
            keys[slot] = oldKeys[old]
            values[slot] = oldValues[old]
            orders[slot] = oldOrders[old]
        }
    }

    private companion object {
        const val LEAST = 1024

        // The golden ratio: keys are multiples of eight, and close to each other.
        const val SPREAD = -7046029254386353131L
        const val SPREAD_SHIFT = 32
    }
}
