package dev.leasehold.memory.internal.permanent

import dev.leasehold.memory.internal.platform.ProcessRefusal
import dev.leasehold.memory.internal.platform.Regions
import dev.leasehold.memory.internal.platform.SystemSpace
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.describe
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.internal.platform.hex
import java.lang.Long.compareUnsigned

/** The messages of permanent memory that refuses: the range, the size, what is in the way, and the remedy. */
internal object PermanentMessages {
    /** Who refuses. */
    const val OWNER: String = "permanent memory"

    fun noPages(size: Long): String = "permanent memory: the system has no memory for the pages of ${bytes(size)}: " +
        "close what is no longer used, or give the process more memory"

    const val NO_SIZE: String = "permanent memory: a size must be positive, and was 0 bytes"

    fun negative(size: Long): String = "permanent memory: a size must not be negative, and was ${bytes(size)}"

    fun tooLarge(size: Long, most: Long): String =
        "permanent memory: ${bytes(size)} requested, and no buffer may have more than ${bytes(most)}: request less"

    fun alignment(alignment: Long, most: Long): String =
        "permanent memory: an alignment must be a power of two between " +
            "1 and ${grouped(most)}, and was ${grouped(alignment)}"

    fun wrongThread(owner: Thread, current: Thread): String = "an appender of ${describe(owner)} was used by " +
        "${describe(current)}: each thread makes its own with PermanentMemory.appender()"

    fun blind(reason: String): String = "permanent memory: the system does not let this process look at its own " +
        "addresses ($reason): see whether /proc is there, and whether descriptors are left"

    fun unshared(system: String): String =
        "permanent memory: $system does not let memory be shared with other parts of " +
            "this process: see whether memfd_create and /proc are permitted, or use PermanentMemory.obtainPrivate"

    fun lostDescriptor(): String = "permanent memory: someone has closed the file descriptor of its registry, so no " +
        "buffer can be made any more: find out who closes descriptors of others, or use PermanentMemory.obtainPrivate"

    fun noTable(name: String): String = "the name of a table must have 1 to 1,024 bytes, and '$name' has not"

    fun damagedTable(address: Long): String =
        "permanent memory: a table refers to ${hex(address)}, where no buffer is: " +
            "someone has overwritten it"

    fun noRecord(table: String, index: Long, size: Long): String =
        "table '$table' has ${counted(size, "record")}, and none of the number ${grouped(index)}"

    /** Why [placement] has found no room for [size] bytes from [first] to [last]. */
    fun exhausted(placement: Placement, space: SystemSpace, size: Long, first: Long, last: Long): Exhausted {
        val range = "${hex(first)}..${hex(last)}"
        val page = space.pageSize
        val what =
            bytes(size) + if (placement.alignment > page) " at a multiple of ${grouped(placement.alignment)}" else ""
        if (placement.refused > 0) {
            val why = space.refusalAt(placement.lastRefused, placement.bytes)
            val reason = if (why == 0) "others took what was free" else "error $why"
            val where = if (placement.isAnywhere) "at any address" else "at any of ${placesIn(placement)} in $range"
            return Exhausted(
                "permanent memory: the system refused $what $where ($reason): try again, or request less",
                0,
            )
        }
        // Where the map cannot be read, nothing of it is said.
        val regions = try {
            space.regions()
        } catch (_: ProcessRefusal) {
            return Exhausted("permanent memory: no room for $what in $range: widen the range or request less", 0)
        }
        val gap = placement.gaps(regions).largest()
        val inTheWay = if (gap == null) taken(regions, placement) else largest(gap, regions)
        return Exhausted(
            "permanent memory: no room for $what in $range: $inTheWay; widen the range or request less",
            gap?.size ?: 0,
        )
    }

    private fun placesIn(placement: Placement) = counted(placement.refused.toLong(), "place")

    private fun taken(regions: Regions, placement: Placement): String {
        if (compareUnsigned(placement.low, placement.high) > 0) {
            return "memory is given from ${hex(placement.lowest)} to ${hex(placement.highest)} only"
        }
        return "nothing there is free: ${describe(regions, regions.indexAt(placement.low))}"
    }

    private fun largest(gap: Gaps.Gap, regions: Regions): String {
        val below = if (gap.below < 0) "the first address" else describe(regions, gap.below)
        val above = if (gap.above >= regions.count) "the last address" else describe(regions, gap.above)
        return "the largest gap has ${bytes(gap.size)} at ${hex(gap.first)}, between $below and $above"
    }

    private fun describe(regions: Regions, index: Int): String {
        val name = regions.name(index).ifEmpty { "memory without a name" }
        return "$name (${hex(regions.first(index))}..${hex(regions.last(index))})"
    }

    /** The message, and how many bytes the largest gap has. */
    class Exhausted(val message: String, val largestGap: Long)
}
