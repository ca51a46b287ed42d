package dev.leasehold.memory.internal.permanent

import dev.leasehold.memory.internal.platform.Regions
import java.lang.Long.compareUnsigned

/**
 * What is free between [regions] in the window from [first] to [last], both included. Addresses are unsigned.
 *
 * The stack of the first thread grows downwards, so what is directly below it counts as taken.
 */
internal class Gaps(private val regions: Regions, private val first: Long, private val last: Long) {
    /** The largest gap: its first address, its size, and the numbers of the regions below and above it. */
    class Gap(val first: Long, val size: Long, val below: Int, val above: Int)

    /** Calls [action] with the first and the last address of each gap, and the number of the region behind it. */
    inline fun forEach(action: (first: Long, last: Long, above: Int) -> Unit) {
        if (compareUnsigned(first, last) > 0) return
        var index = regions.indexAt(first)
        var at = first
        while (index < regions.count && compareUnsigned(startOf(index), last) <= 0) {
            val start = startOf(index)
            if (compareUnsigned(start, at) > 0) action(at, start - 1, index)
            val end = regions.last(index)
            if (compareUnsigned(end, last) >= 0) return
            if (compareUnsigned(end, at) >= 0) at = end + 1
            index++
        }
        action(at, last, index)
    }

    fun startOf(index: Int): Long {
        val start = regions.first(index)
        val isStack = index >= regions.count - BEHIND_STACK && regions.name(index) == "[stack]"
        return if (isStack && compareUnsigned(start, STACK_BYTES) > 0) start - STACK_BYTES else start
    }

    /** The largest gap; null when there is none. */
    fun largest(): Gap? {
        var largest: Gap? = null
        forEach { first, last, above ->
            val size = last - first + 1
            if (largest == null || compareUnsigned(size, largest.size) > 0) largest = Gap(first, size, above - 1, above)
        }
        return largest
    }

    /**
     * Where [bytes] bytes could lie at a multiple of [alignment]: at both ends of each gap that has them, in the order of
     * their addresses.
     */
    fun places(bytes: Long, alignment: Long): LongArray {
        var places = LongArray(EXPECTED)
        var count = 0
        forEach { first, last, _ ->
            val low = (first + alignment - 1) and -alignment
            val room = last - low + 1
            // The first comparison fails where the rounding went beyond the last address.
            if (compareUnsigned(low, first) >= 0 && compareUnsigned(low, last) <= 0 && fits(bytes, room)) {
                val high = (last - bytes + 1) and -alignment
                if (count + 2 > places.size) places = places.copyOf(count * 2)
                places[count++] = low
                if (high != low) places[count++] = high
            }
        }
        return places.copyOf(count)
    }

    // A gap of all addresses has a room of 2^64, which is 0.
    private fun fits(bytes: Long, room: Long) = room == 0L || compareUnsigned(bytes, room) <= 0

    private companion object {
        const val EXPECTED = 64

        // What Linux maps above the stack, and one more.
        const val BEHIND_STACK = 6

        // What a thread may take for its stack where nobody says otherwise.
        const val STACK_BYTES = 8L shl 20
    }
}
