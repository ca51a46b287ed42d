package dev.leasehold.memory.internal.typed

/** The figures of the slots of a pool. */
internal class SlotTally(
    val batches: Int,
    val slots: Long,
    val bytes: Long,
    val live: Long,
    val free: Long,
    val retired: Long,
)
