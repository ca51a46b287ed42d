package dev.leasehold.memory.internal.block

/**
 * What is requested of a pool or a manager.
 *
 * @property size how many bytes
 * @property alignment what the address must be a multiple of, or [NATURAL]
 * @property nanos how long the request may wait in line, in nanoseconds; 0 when it may not
 * @property attachment what comes with the block, if anything does
 */
internal class Request(
    val size: Long,
    val alignment: Long = NATURAL,
    val nanos: Long = 0,
    val attachment: Attachment? = null,
) {
    companion object {
        /** Stands for an alignment that was not given. */
        const val NATURAL: Long = 0

        /** The most bytes of one request: more than an address space holds, and safe to round up. */
        const val MOST_BYTES: Long = 1L shl 47
    }
}
