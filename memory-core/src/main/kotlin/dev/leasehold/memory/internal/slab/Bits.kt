package dev.leasehold.memory.internal.slab

/** A fixed number of bits that knows how many are set. One thread at a time. */
internal class Bits(private val size: Int) {
    private val words = LongArray((size + 63) ushr 6)

    /** How many bits are set. */
    var count: Int = 0
        private set

    operator fun get(index: Int): Boolean = words[index ushr 6] ushr index and 1L != 0L

    fun set(index: Int) {
        if (this[index]) return
        words[index ushr 6] = words[index ushr 6] or (1L shl index)
        count++
    }

    fun clear(index: Int) {
        if (!this[index]) return
        words[index ushr 6] = words[index ushr 6] and (1L shl index).inv()
        count--
    }

    fun setAll() {
        for (index in 0 until size) set(index)
    }

    /** The first set bit at [from] or behind it, or -1. */
    fun nextSet(from: Int): Int {
        if (from >= size) return -1
        var word = from ushr 6
        var bits = words[word] and (-1L shl from)
        while (bits == 0L) {
            if (++word == words.size) return -1
            bits = words[word]
        }
        return (word shl 6) + java.lang.Long.numberOfTrailingZeros(bits)
    }
}
