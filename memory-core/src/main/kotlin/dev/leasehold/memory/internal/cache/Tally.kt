package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.block.SizeClasses

/** Sums the counts of many caches. One thread. */
internal class Tally {
    var rents = 0L
        private set
    var hits = 0L
        private set
    var openLeases = 0L
        private set
    var usedBytes = 0L
        private set
    var quarantinedIn = 0L

    /** Adds what one cache did with blocks of [classIndex], of which [open] are leased. */
    fun add(classIndex: Int, hits: Long, misses: Long, open: Long) {
        this.hits += hits
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
        quarantinedIn += other.quarantinedIn
        addOthers(other.rents, other.openLeases, other.usedBytes)
    }
}
