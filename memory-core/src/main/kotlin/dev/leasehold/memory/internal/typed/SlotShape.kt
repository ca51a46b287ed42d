package dev.leasehold.memory.internal.typed

/**
 * How the slots of a pool lie.
 *
 * @property size how many bytes a slot has for its object
 * @property stride how far apart they lie, in bytes
 * @property alignment what their addresses are multiples of
 * @property batchSize how many there are in a block
 * @property capacity how many there may be in all
 */
internal class SlotShape(
    val size: Long,
    val stride: Long,
    val alignment: Long,
    val batchSize: Int,
    val capacity: Long,
) {
    /** The power of two that has room for the indices of a batch: they need not fill it. */
    val shift: Int = if (batchSize == 1) 0 else 32 - Integer.numberOfLeadingZeros(batchSize - 1)

    /** How many bytes a batch of [slots] has. */
    fun bytesOf(slots: Int): Long = slots * stride
}
