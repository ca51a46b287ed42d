package dev.leasehold.memory.internal.block

import java.lang.Long.bitCount
import java.lang.Long.numberOfTrailingZeros

/** A fixed number of bits that knows how many are set. Ranges are taken a word at a time. One thread at a time. */
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

    fun setAll(): Unit = set(0, size)

    /** Sets the bits from [from] to the one before [until]. */
    fun set(from: Int, until: Int): Unit = eachWord(from, until) { word, mask ->
        count += bitCount(mask and words[word].inv())
        words[word] = words[word] or mask
    }

    /** Clears the bits from [from] to the one before [until]. */
    fun clear(from: Int, until: Int): Unit = eachWord(from, until) { word, mask ->
        count -= bitCount(mask and words[word])
        words[word] = words[word] and mask.inv()
    }

    /** How many bits are set from [from] to the one before [until]. */
    fun countIn(from: Int, until: Int): Int {
        var sum = 0
        eachWord(from, until) { word, mask -> sum += bitCount(words[word] and mask) }
        return sum
    }

    private inline fun eachWord(from: Int, until: Int, action: (word: Int, mask: Long) -> Unit) {
        var at = from
        while (at < until) {
            val word = at ushr 6
            val end = minOf(until, (word + 1) shl 6)
            action(word, (-1L shl at) and (-1L ushr -end))
            at = end
        }
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
        return (word shl 6) + numberOfTrailingZeros(bits)
    }
}
