package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.internal.typed.SlotTally

/**
 * The figures of one [ObjectPool] at one moment. Exact while no other thread allocates or frees.
 *
 * @property batches how many batches have memory
 * @property slots how many objects these have room for
 * @property stride how far apart two objects lie, in bytes
 * @property bytes how many bytes the batches have together
 * @property live how many objects live
 * @property free how many slots are free
 */
public class ObjectPoolStatistics internal constructor(tally: SlotTally, public val stride: Long) {
    public val batches: Int = tally.batches
    public val slots: Long = tally.slots
    public val bytes: Long = tally.bytes
    public val live: Long = tally.live
    public val free: Long = tally.free

    /** How many slots are used no more, because their generations have run out: after four billion objects each. */
    public val retired: Long = tally.retired

    /** All figures in one line, for logs. */
    override fun toString(): String = "${grouped(live)} of ${grouped(slots)} objects live in " +
        "${counted(batches.toLong(), "batch", "batches")}, ${bytes(bytes)}"
}
