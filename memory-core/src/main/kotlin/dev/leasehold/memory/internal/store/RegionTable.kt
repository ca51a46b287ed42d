package dev.leasehold.memory.internal.store

/**
 * Finds a region by an address inside it, or by its serial number.
 *
 * Changed under the store's lock, a copy at a time, and read from any thread: a lookup sees the table before or after a
 * change. Both lookups are binary searches, over regions that are few because they are large.
 */
internal class RegionTable {
    /** A state of the table. */
    class Entries(val byAddress: Array<Region>, val bySerial: Array<Region>)

    @Volatile private var entries = Entries(emptyArray(), emptyArray())

    // Blocks come back in magazines, and neighbours in a magazine are neighbours in memory more often than not.
    private var last: Region? = null

    val all: List<Region> get() = entries.bySerial.asList()

    fun add(region: Region) {
        val old = entries
        val byAddress = (old.byAddress + region).apply { sortBy { it.address } }
        entries = Entries(byAddress, old.bySerial + region)
    }

    fun remove(region: Region): Unit = become(without(region))

    /** What this is without [region]; null when the heap is too full to say. */
    fun withoutOrNull(region: Region): Entries? = try {
        without(region)
    } catch (_: OutOfMemoryError) {
        null
    }

    private fun without(region: Region): Entries {
        val old = entries
        return Entries(old.byAddress.without(region), old.bySerial.without(region))
    }

    /** Is [next] from now on. */
    fun become(next: Entries) {
        entries = next
        last = null
    }

    private fun Array<Region>.without(region: Region) = filter { it !== region }.toTypedArray()

    /** The region that holds [address], or null. Under the store's lock; elsewhere see [search]. */
    fun holding(address: Long): Region? {
        val seen = last
        if (seen != null && address in seen) return seen
        return search(address)?.also { last = it }
    }

    /** The region that holds [address], or null. From any thread. */
    fun search(address: Long): Region? {
        val regions = entries.byAddress
        return regions.lastAtMost(address) { it.address }?.takeIf { address in it }
    }

    /** The region of number [serial], or null. From any thread. */
    fun numbered(serial: Long): Region? {
        val regions = entries.bySerial
        return regions.lastAtMost(serial) { it.serial }?.takeIf { it.serial == serial }
    }

    private inline fun Array<Region>.lastAtMost(bound: Long, key: (Region) -> Long): Region? {
        var low = 0
        var high = size
        while (low < high) {
            val middle = (low + high) ushr 1
            if (key(this[middle]) <= bound) low = middle + 1 else high = middle
        }
        return if (low == 0) null else this[low - 1]
    }
}
