package dev.leasehold.memory.internal.permanent

import dev.leasehold.memory.internal.platform.Regions
import dev.leasehold.memory.internal.platform.SystemSpace
import java.lang.Long.compareUnsigned

/**
 * Finds room from [first] to [last], both included, for [size] bytes, made whole pages, at a multiple of [alignment].
 *
 * The process's own map is turned into gaps, and both ends of each are tried, those nearest to the middle of the window
 * first: what is asked for around an address shall be near it. The system says whether a place is really free, as others
 * map memory meanwhile. Each place is tried once; if one was lost, the map is read once more.
 */
internal class Placement(
    private val space: SystemSpace,
    private val first: Long,
    private val last: Long,
    size: Long,
    val alignment: Long,
) {
    /** How many bytes are mapped. */
    val bytes: Long = (maxOf(size, 1) + space.pageSize - 1) and -space.pageSize

    /** The first address that the system gives. */
    val lowest: Long get() = space.lowest

    /** The last address that the system gives. */
    val highest: Long get() = space.highest

    /** The first address that is looked at. */
    val low: Long = if (compareUnsigned(first, space.lowest) < 0) space.lowest else first

    /** The last address that is looked at. */
    val high: Long = if (compareUnsigned(last, space.highest) > 0) space.highest else last

    /** How many places the system has refused. */
    var refused: Int = 0
        private set

    /** The last of them. */
    var lastRefused: Long = 0
        private set

    /** Whether any address will do, so that the system may choose it. */
    val isAnywhere: Boolean get() = first == 0L && last == -1L && alignment <= space.pageSize

    /** Where [map] has mapped it, which returns the address, or 0 when that is taken; 0 when nothing is free. */
    inline fun place(map: (address: Long) -> Long): Long {
        if (isAnywhere) return map(0).also { if (it == 0L) refused++ }
        repeat(ROUNDS) { round ->
            val places = places(if (round == 0) space.regionsWithin(low, high) else null)
            var up = firstAbove(places, low + (high - low).ushr(1))
            var down = up - 1
            while (down >= 0 || up < places.size) {
                val address = if (isNearer(places, down, up)) places[down--] else places[up++]
                val placed = map(address)
                if (placed != 0L) return placed
                refused++
                lastRefused = address
            }
            if (refused == 0) return 0
        }
        return 0
    }

    /** Where [place] would try first; 0 for nowhere. */
    fun find(): Long {
        val places = places(space.regionsWithin(low, high))
        val up = firstAbove(places, low + (high - low).ushr(1))
        return when {
            places.isEmpty() -> 0
            isNearer(places, up - 1, up) -> places[up - 1]
            else -> places[up]
        }
    }

    /** The gaps of the window in [regions]. */
    fun gaps(regions: Regions): Gaps = Gaps(regions, low, high)

    fun places(known: Regions?): LongArray {
        if (compareUnsigned(low, high) > 0) return LongArray(0)
        return gaps(known ?: space.regions()).places(bytes, maxOf(alignment, space.pageSize))
    }

    fun firstAbove(places: LongArray, middle: Long): Int {
        var index = 0
        while (index < places.size && compareUnsigned(places[index], middle) < 0) index++
        return index
    }

    fun isNearer(places: LongArray, down: Int, up: Int): Boolean {
        if (down < 0 || up >= places.size) return down >= 0
        val middle = low + (high - low).ushr(1)
        return compareUnsigned(middle - places[down], places[up] - middle) <= 0
    }

    internal companion object {
        /** How often the map is read. */
        const val ROUNDS = 2
    }
}
