package dev.leasehold.memory.internal.platform

/**
 * The regions of an address space, in the order of their addresses, none over another.
 *
 * Addresses are unsigned: one region of most Linux processes has an address that is negative as a `Long`. The arrays
 * may be longer than there are regions; names are read from the system's text when they are asked for.
 */
internal class Regions(
    val count: Int,
    private val firsts: LongArray,
    private val lasts: LongArray,
    private val details: Details? = null,
) {
    /** What else is known of each region. */
    interface Details {
        fun name(index: Int): String

        /** `rw-s`: what may be done with it, and whether it is shared. */
        fun permissions(index: Int): String

        /** Where in its file it begins, in bytes. */
        fun offset(index: Int): Long
    }

    fun first(index: Int): Long = firsts[index]

    /** The address of the last byte: the one behind it may be beyond all numbers. */
    fun last(index: Int): Long = lasts[index]

    /** Of a file its path; empty where the region has no name. */
    fun name(index: Int): String = details?.name(index).orEmpty()

    fun permissions(index: Int): String = details?.permissions(index).orEmpty()

    fun offset(index: Int): Long = details?.offset(index) ?: 0

    /** The number of the first region that ends at [address] or behind it; [count] when there is none. */
    fun indexAt(address: Long): Int {
        var low = 0
        var high = count
        while (low < high) {
            val middle = (low + high) ushr 1
            if (java.lang.Long.compareUnsigned(lasts[middle], address) < 0) low = middle + 1 else high = middle
        }
        return low
    }
}
