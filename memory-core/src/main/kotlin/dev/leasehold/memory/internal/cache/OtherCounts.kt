package dev.leasehold.memory.internal.cache

import java.util.concurrent.atomic.LongAdder

/** The counts of what no thread's cache counts: large blocks, pages, and what was taken or given back past the caches. Any thread. */
internal class OtherCounts {
    private val rents = LongAdder()
    private val open = LongAdder()
    private val bytes = LongAdder()
    private val quarantined = LongAdder()

    /** Counts [blocks] of [bytes] together as leased; where they are negative, as given back. */
    fun count(blocks: Long, bytes: Long) {
        if (blocks > 0) rents.add(blocks)
        open.add(blocks)
        this.bytes.add(bytes)
    }

    /** Counts [bytes] more as gone into quarantine. */
    fun countQuarantined(bytes: Long): Unit = quarantined.add(bytes)

    /** Takes back that a block of [bytes] went from its lease into quarantine. */
    fun takeBackQuarantined(bytes: Long) {
        open.add(1)
        this.bytes.add(bytes)
        quarantined.add(-bytes)
    }

    /** Adds all this to [tally]. */
    fun addTo(tally: Tally) {
        tally.addOthers(rents.sum(), open.sum(), bytes.sum())
        tally.quarantinedIn += quarantined.sum()
    }
}
