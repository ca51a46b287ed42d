package dev.leasehold.memory.internal.cache

/** The counts of what no cache counts: large blocks, pages, and what went past the caches. Any thread. */
internal class UncachedCounts {
    private val rents = StripedCount()
    private val open = StripedCount()
    private val bytes = StripedCount()
    private val quarantined = StripedCount()

    /** Counts [blocks] of [bytes] together as leased; where they are negative, as given back. */
    fun count(blocks: Long, bytes: Long) {
        if (blocks > 0) rents.add(blocks)
        open.add(blocks)
        this.bytes.add(bytes)
    }

    /** Counts one block of [bytes] that was given back here as leased once more: it goes into a cache now. */
    fun comeBack(bytes: Long) {
        open.add(1)
        this.bytes.add(bytes)
    }

    /** Counts one leased block of [bytes] as gone into quarantine. */
    fun countQuarantined(bytes: Long) {
        count(-1, -bytes)
        quarantined.add(bytes)
    }

    /** Counts [bytes] as come out of quarantine. */
    fun countReleased(bytes: Long): Unit = quarantined.add(-bytes)

    /** Adds all this to [tally]. */
    fun addTo(tally: Tally) {
        tally.addOthers(rents.sum(), open.sum(), bytes.sum())
        tally.quarantined += quarantined.sum()
    }
}
