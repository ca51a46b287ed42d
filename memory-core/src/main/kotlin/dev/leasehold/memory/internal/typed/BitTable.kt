package dev.leasehold.memory.internal.typed

/*
 * Bits that threads allocate and free, in words that are changed by compare-and-set only. Lock-free: a thread that has
 * to try again has lost to one that went on.
 *
 * A run of bits may lie in two words. Then its first part is set first, and if the second part is taken by then, the
 * first is cleared again. Meanwhile another thread may see it set: so a refusal says that every place was seen taken
 * during the search, each at its own moment, and not that all were at one moment. A single bit, and a run in one word,
 * is set and cleared at once.
 *
 * A run is freed from its first part on, after a look at the second. So of two threads that free one run, exactly one
 * clears the first part, and the other changes nothing.
 */

/**
 * The bits of a bitmap, as many as there are now: a growth makes another of these over the same words. Any thread; open
 * for tests that leave a step out.
 *
 * @param size how many bits
 * @param parts the words of each block, [HEADER] words of header in front; each but the first has at least as many as
 *   all before it
 * @param starts which word is the first in each part
 * @param hints where each group of threads searches next: see [newHints]
 */
internal open class BitTable(
    @JvmField val size: Long,
    private val parts: Array<out Words>,
    private val starts: LongArray,
    private val hints: LongArray,
) {
    // How many words have bits.
    private val words = wordsFor(size)

    // Which bits of the last word there are.
    private val lastMask = -1L ushr (-size and 63).toInt()

    private val lastPart = parts.last()
    private val lastStart = starts.last()

    /** This with [bits] bits in the same parts. */
    fun withSize(bits: Long): BitTable = BitTable(bits, parts, starts, hints)

    /** This with [bits] bits, and the words of another block, of which the first is the word [start]. */
    fun withPart(bits: Long, part: Words, start: Long): BitTable =
        BitTable(bits, arrayOf(*parts, part), starts + start, hints)

    // ---- words ----

    private fun mask(word: Long): Long = if (word == words - 1) lastMask else -1

    private fun partOf(word: Long): Int {
        var part = starts.size - 1
        while (starts[part] > word) part--
        return part
    }

    private fun get(word: Long): Long {
        if (word >= lastStart) return lastPart.get(HEADER + word - lastStart)
        val part = partOf(word)
        return parts[part].get(HEADER + word - starts[part])
    }

    private fun set(word: Long, value: Long) {
        val part = partOf(word)
        parts[part].set(HEADER + word - starts[part], value)
    }

    /** Puts [next] in the place of [seen] at [word], if that is there. Open for a test that does not look. */
    protected open fun replace(word: Long, seen: Long, next: Long): Boolean {
        if (word >= lastStart) return lastPart.compareAndSet(HEADER + word - lastStart, seen, next)
        val part = partOf(word)
        return parts[part].compareAndSet(HEADER + word - starts[part], seen, next)
    }

    // ---- runs ----

    /**
     * Sets [length] bits, from 1 to 64, that follow one another and are all clear. The search begins where that of the
     * last thread of the same [group] ended, or where it freed.
     *
     * @return the first of them, or a negative number when there is no such run
     */
    fun allocate(length: Int, group: Int): Long {
        val hint = (group and GROUPS - 1) * SPACED
        val found = search(hints[hint].let { if (it < words) it else 0 }, length)
        if (found >= 0) hints[hint] = found ushr 6
        return found
    }

    private fun search(start: Long, length: Int): Long {
        var word = start
        var left = words
        while (left > 0) {
            val found = claimIn(word, length)
            if (found >= 0) return found
            if (found == LOST) {
                // Another thread is at work here: look elsewhere first, and then everywhere.
                word = (word + LINE) % words
                left = words
            } else {
                word = if (word + 1 == words) 0 else word + 1
                left--
            }
        }
        return NOTHING
    }

    private fun claimIn(word: Long, length: Int): Long {
        val seen = get(word)
        val clear = seen.inv() and mask(word)
        val starts = startsOf(clear, length)
        if (starts == 0L) return if (clear < 0 && length > 1) claimAcross(word, seen, length) else NOTHING
        val bit = starts.countTrailingZeroBits()
        val taken = seen or (ones(length) shl bit)
        return if (replace(word, seen, taken)) (word shl 6) + bit else LOST
    }

    /** Claims a run that begins with the clear bits at the end of [word], where [seen] was. */
    private fun claimAcross(word: Long, seen: Long, length: Int): Long {
        if (word + 1 == words) return NOTHING
        val head = seen.countLeadingZeroBits()
        val rest = ones(length - head)
        if (get(word + 1) and rest != 0L || rest and mask(word + 1) != rest) return NOTHING
        val first = -1L shl 64 - head
        if (!replace(word, seen, seen or first)) return LOST
        if (setAll(word + 1, rest)) return (word shl 6) + 64 - head
        clearAll(word, first)
        return LOST
    }

    /** Sets the bits of [run] in [word], if all are clear. */
    private fun setAll(word: Long, run: Long): Boolean {
        while (true) {
            val seen = get(word)
            if (seen and run != 0L) return false
            if (replace(word, seen, seen or run)) return true
        }
    }

    /** Clears the bits of [run] in [word], and returns those of them that were set. */
    @IgnorableReturnValue
    private fun clearAll(word: Long, run: Long): Long {
        while (true) {
            val seen = get(word)
            if (seen and run == 0L || replace(word, seen, seen and run.inv())) return seen and run
        }
    }

    /**
     * Clears the [length] bits from [first] on, if all are set; all are there. The next search of a thread of the same
     * [group] begins with them.
     *
     * @return -1, or the first that is not set; then nothing has changed, unless another thread cleared a part of the
     *   run at the same time
     */
    fun free(first: Long, length: Int, group: Int): Long {
        val word = first ushr 6
        val bit = (first and 63).toInt()
        val head = ones(length) shl bit
        val rest = if (bit + length > 64) ones(bit + length - 64) else 0
        if (rest != 0L) {
            val refused = firstClear(word + 1, get(word + 1), rest)
            if (refused >= 0) return firstClear(word, get(word), head).let { if (it >= 0) it else refused }
        }
        val refused = clearIfSet(word, head)
        if (refused >= 0) return refused
        hints[(group and GROUPS - 1) * SPACED] = word
        if (rest == 0L) return -1
        return firstClear(word + 1, clearAll(word + 1, rest), rest)
    }

    /** Clears the bits of [run] in [word] if all are set: -1, or the first that is not. */
    private fun clearIfSet(word: Long, run: Long): Long {
        while (true) {
            val seen = get(word)
            val refused = firstClear(word, seen, run)
            if (refused >= 0 || replace(word, seen, seen and run.inv())) return refused
        }
    }

    /** The first bit of [run] that [seen], which was in [word], lacks; or -1. */
    private fun firstClear(word: Long, seen: Long, run: Long): Long {
        val lacking = seen.inv() and run
        return if (lacking == 0L) -1 else (word shl 6) + lacking.countTrailingZeroBits()
    }

    // ---- single bits, and all ----

    /** Whether [bit] is set; it is there. */
    fun test(bit: Long): Boolean = get(bit ushr 6) ushr bit.toInt() and 1L != 0L

    /** Sets [bit], which is there; false when it was. */
    fun set(bit: Long): Boolean = setAll(bit ushr 6, 1L shl bit.toInt())

    /** Clears [bit], which is there; false when it was. */
    fun clear(bit: Long): Boolean = clearAll(bit ushr 6, 1L shl bit.toInt()) != 0L

    /** Clears all, word by word. */
    fun clear() {
        for (word in 0 until words) set(word, 0)
        hints.fill(0)
    }

    /** How many are set, word by word. */
    fun count(): Long {
        var count = 0L
        for (word in 0 until words) count += (get(word) and mask(word)).countOneBits()
        return count
    }

    /** The first bit from [from] on that is set, or -1. */
    fun nextSet(from: Long): Long {
        var word = from ushr 6
        var mask = -1L shl from.toInt()
        while (word < words) {
            val set = get(word) and mask and mask(word)
            if (set != 0L) return (word shl 6) + set.countTrailingZeroBits()
            mask = -1
            word++
        }
        return -1
    }

    companion object {
        /** How many words of a block are in front of the bits. */
        const val HEADER = 8L

        /** How many words [bits] bits need. */
        fun wordsFor(bits: Long): Long = (bits + 63) ushr 6

        /** Where nothing has been searched yet. Groups are far from each other's cache lines. */
        fun newHints(): LongArray = LongArray(GROUPS * SPACED)

        private const val NOTHING = -1L

        /** Another thread was faster. */
        private const val LOST = -2L

        /** How many words share a cache line. */
        private const val LINE = 8L
        private const val GROUPS = 16
        private const val SPACED = 16

        private fun ones(length: Int): Long = -1L ushr 64 - length

        /** The bits of [clear] with which a run of [length] of them begins. */
        private fun startsOf(clear: Long, length: Int): Long {
            var starts = clear
            var covered = 1
            while (covered < length && starts != 0L) {
                val more = minOf(covered, length - covered)
                starts = starts and (starts ushr more)
                covered += more
            }
            return starts
        }
    }
}
