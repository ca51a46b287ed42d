package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.WaitStatistics
import dev.leasehold.memory.internal.engine.WaitCounts
import dev.leasehold.memory.internal.platform.Ending
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.WaitEnd
import dev.leasehold.memory.internal.platform.endWith

/** How a wait ended. */
@InternalMemoryApi
public enum class WaitOutcome(internal val end: WaitEnd) {
    /** With what it waited for. */
    SERVED(WaitEnd.SERVED),

    /** Its time has passed. */
    TIMED_OUT(WaitEnd.TIMED_OUT),

    /** What waited has given up. */
    CANCELLED(WaitEnd.CANCELLED),

    /** What it waited for lends no more. */
    CLOSED(WaitEnd.CLOSED),

    /** With another failure. */
    FAILED(WaitEnd.FAILED),
}

/** What records one wait. */
@InternalMemoryApi
public class WaitRecord internal constructor(internal val ending: Ending<WaitEnd>)

/** Counts the waits in the line of what lends the memory of [pool] on, and tells of them. Any thread. */
@InternalMemoryApi
public class LineWaits(private val pool: MemoryPool) {
    internal val counts: WaitCounts = WaitCounts()

    /** A request of [size] bytes begins to wait; null where nothing records that. Its [end] may be left out. */
    public fun begin(size: Long): WaitRecord? = Events.begin { it.waiting(pool.name, size) }?.let(::WaitRecord)

    /** A wait ends that began at the moment [since] of [System.nanoTime]. Once for each. Allocates nothing. */
    public fun end(outcome: WaitOutcome, since: Long, record: WaitRecord?) {
        counts.count(outcome.end, System.nanoTime() - since)
        record?.ending.endWith { outcome.end }
    }

    /** The figures of this moment. */
    public fun statistics(): WaitStatistics = WaitStatistics(counts)
}
