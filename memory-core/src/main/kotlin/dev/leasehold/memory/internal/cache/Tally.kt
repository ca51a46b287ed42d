package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.block.SizeClasses

/** What an engine has served and what is out, summed over many caches. One thread. */
internal class Tally {
    var rents = 0L
        private set
    var hits = 0L
        private set
    var openLeases = 0L
        private set
    var usedBytes = 0L
        private set

    /** How often a block may have come to lie idle in a cache. */
    var arrivals = 0L
        private set

    /** Bytes of closed blocks that wait for their epoch to retire. */
    var quarantined = 0L

    /** Adds what one cache did with blocks of [classIndex], of which [open] are leased. */
    fun add(classIndex: Int, hits: Long, misses: Long, open: Long) {
        this.hits += hits
        arrivals += arrivals(hits, misses, open)
        rents += hits + misses
        openLeases += open
        usedBytes += open * SizeClasses.sizeOf(classIndex)
    }

    /** Adds leases that no class counts. */
    fun addOthers(rents: Long, open: Long, bytes: Long) {
        this.rents += rents
        openLeases += open
        usedBytes += bytes
    }

    /** Adds all of [other]. */
    fun addAll(other: Tally) {
        hits += other.hits
        arrivals += other.arrivals
        quarantined += other.quarantined
        addOthers(other.rents, other.openLeases, other.usedBytes)
    }

    companion object {
        /** What was taken and is not leased has come back; and what was missed came with others. */
        fun arrivals(hits: Long, misses: Long, open: Long): Long = hits + misses - open + misses
    }
}
