package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.internal.block.Sampling
import dev.leasehold.memory.internal.block.Traces
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.grouped

/**
 * All leases and blocks of the process that are watched and not closed, from [LeakDetection.dump].
 *
 * **Ownership.** Names and figures. **Threads.** Any; it never changes.
 */
public class MemoryDump internal constructor() {
    /** Each of them, what was taken first at the front. */
    public val held: List<HeldMemory> = Traces.allOpen().map(::HeldMemory).sortedByDescending { it.ageMillis }

    /** One in how many was watched when this was made, where not all of a pool or manager are; 0 where none was. */
    public val sampleEvery: Int = Sampling.every

    /** The same by the place that took it, what holds the most bytes first. */
    public val groups: List<HeldGroup> =
        held.groupBy { it.key }.values.map(::HeldGroup).sortedByDescending { it.bytes }

    /** How many bytes they have together. */
    public val bytes: Long get() = held.sumOf { it.bytes }

    /** What the pool or manager called [owner] has given out of it. */
    public fun of(owner: String): List<HeldMemory> = held.filter { it.owner == owner }

    /** A text for people: a paragraph for each place, with its calls. */
    override fun toString(): String {
        val sample = when (sampleEvery) {
            0 -> "none is watched but where sites are traced"
            1 -> "all are watched"
            else -> "1 in ${grouped(sampleEvery.toLong())} is watched"
        }
        val what = counted(held.size.toLong(), "lease or block", "leases and blocks")
        return groups.joinToString("\n\n", "$what of ${bytes(bytes)} held ($sample)\n\n", "\n", transform = ::withCalls)
    }

    private fun withCalls(group: HeldGroup) = "$group" + group.oldest.stack.joinToString("") { "\n    at $it" }
}
