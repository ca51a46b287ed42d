package dev.leasehold.memory

import dev.leasehold.memory.internal.access.counted

/**
 * A manager's figures at one moment, from [MemoryManager.stats].
 *
 * All byte figures count whole size classes and pages, not the sizes asked for, so that they add up:
 * `used + idle + quarantined == reserved`. They are exact when no thread is allocating or closing, and never negative.
 *
 * @property used bytes allocated now
 * @property reserved bytes held from the system now
 * @property idle bytes held but neither allocated nor quarantined: what the next blocks are made of
 * @property quarantined bytes of closed blocks whose views may still be reachable; nobody gets them until they are not
 * @property peak the most bytes that were ever held from the system at once
 * @property limit the most bytes that may be held from the system; [Long.MAX_VALUE] when the manager has no limit of its own
 * @property blocks how many blocks and runs of pages are allocated now, empty blocks aside
 * @property allocations requests served since the manager was made
 * @property hits those of them that a thread's own cache served
 */
public class ManagerStatistics internal constructor(
    public val used: Long,
    public val reserved: Long,
    public val idle: Long,
    public val quarantined: Long,
    public val peak: Long,
    public val limit: Long,
    public val blocks: Long,
    public val allocations: Long,
    public val hits: Long,
) {
    /** All figures in one line, for logs. */
    override fun toString(): String {
        val bound = if (limit == Long.MAX_VALUE) "none" else "$limit B"
        return "${counted(
            blocks,
            "block",
        )}, used $used B, idle $idle B, quarantined $quarantined B, reserved $reserved B " +
            "(peak $peak B, limit $bound), ${counted(allocations, "allocation")} (${counted(hits, "hit")})"
    }
}
