@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.InvalidTimeoutException
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.internal.typed.RingShape

/**
 * A chunk could not be written to or read from a [ChunkRing] in time: it stayed full, or empty. Nothing was written or
 * read.
 *
 * @property managerName the manager that the ring's memory is from
 */
public class ChunkTimeoutException internal constructor(message: String, public val managerName: String) :
    MemoryException(message)

private const val NANOS_PER_MILLI = 1_000_000

private fun ringOf(manager: String) = "chunk ring of manager '$manager'"

private fun millis(nanos: Long) = "${nanos / NANOS_PER_MILLI} ms"

/** The exception for a write to a ring that takes no more chunks. */
internal fun closedForWriting(manager: String) = TypedMemoryClosedException(
    "${ringOf(manager)} is closed and takes no more chunks: close it when all has been written",
)

/** The exception for a read from a ring that is closed and out of which all has been read. */
internal fun closedAndRead(manager: String) = TypedMemoryClosedException(
    "${ringOf(manager)} is closed and all of its chunks have been read: read with consumeEach to end without this",
)

/** The exception for a ring that was to be changed after it had been closed. */
internal fun closedForChange(manager: String) = TypedMemoryClosedException(
    "${ringOf(manager)} is closed: resize or release it before that",
)

/** Refuses a size that no chunk of a ring of [shape] may have. */
internal fun refuseChunkSize(manager: String, size: Long, shape: RingShape): Nothing {
    val message = if (size < 0) {
        "${ringOf(manager)}: a chunk's size must not be negative, and was ${bytes(size)}"
    } else {
        "${ringOf(manager)}: a chunk of ${bytes(size)} requested, and a ring of ${bytes(shape.capacity)} has chunks " +
            "of at most ${bytes(shape.maxChunk)}: write less at a time, or make the ring larger"
    }
    throw InvalidSizeException(message, size)
}

/** The exception for a chunk of [size] bytes for which no room came in [nanos] nanoseconds. */
internal fun noRoomInTime(manager: String, size: Long, nanos: Long, used: Long, shape: RingShape) =
    ChunkTimeoutException(
        "${ringOf(manager)}: no room for a chunk of ${bytes(size)} within ${millis(nanos)} (" +
            "${grouped(used)} of ${bytes(shape.capacity)} are written and not yet read): read sooner, make the ring " +
            "larger, or wait longer",
        manager,
    )

/** The exception for a read to which no chunk came in [nanos] nanoseconds. */
internal fun noChunkInTime(manager: String, nanos: Long) = ChunkTimeoutException(
    "${ringOf(manager)}: no chunk was written within ${millis(nanos)}: write sooner, or wait longer",
    manager,
)

/** The exception for a ring that cannot be [changed], resized or released, because it is being written or read. */
internal fun ringBusy(manager: String, changed: String, size: Long) = MemoryBusyException(
    "${ringOf(manager)} cannot be $changed now, because a chunk is being written or read: do it when none is",
    manager,
    size,
)

/** The exception for a ring that cannot be made so small that its unread chunks have no room. */
internal fun tooSmallForUnread(manager: String, shape: RingShape, unread: Long, largest: Long) = InvalidSizeException(
    "${ringOf(manager)} cannot be resized to ${bytes(shape.capacity)}, with chunks of at most " +
        "${bytes(shape.maxChunk)}: the chunks that are not yet read take ${bytes(unread)}, and the largest has " +
        "${bytes(largest)}; read them first",
    shape.capacity,
)

/** Returns the shape of a ring of at least [capacity] bytes for chunks. */
internal fun ringShape(manager: String, capacity: Long, alignment: Long, pageSize: Long): RingShape {
    if (alignment.countOneBits() != 1 || alignment !in RingShape.LEAST_ALIGNMENT..pageSize) {
        throw InvalidAlignmentException(
            "${ringOf(manager)}: a chunk's alignment must be a power of two between ${RingShape.LEAST_ALIGNMENT} " +
                "and the page size of ${bytes(pageSize)}, and was $alignment",
            alignment,
        )
    }
    if (capacity in 1..RingShape.MOST_CAPACITY) {
        return RingShape(maxOf(2 * alignment, ceilingPowerOfTwo(capacity)), alignment)
    }
    throw InvalidSizeException(
        "${ringOf(manager)}: a ring has from 1 byte to ${bytes(RingShape.MOST_CAPACITY)} for chunks, and " +
            "${bytes(capacity)} were requested",
        capacity,
    )
}

private fun ceilingPowerOfTwo(number: Long) = if (number == 1L) 1 else (number - 1).takeHighestOneBit() shl 1

/** The exception for [block], in which no ring of this version can be. */
internal fun noRingIn(block: Block) = ElementLayoutException(
    "The block of ${bytes(block.size)} from manager '${block.manager.name}' holds no chunk ring of version " +
        "${RingShape.VERSION}: open what a ChunkRing has been made in",
)

/** The exception for [block], in which a ring has been overwritten. */
internal fun damagedRingIn(block: Block) = ElementLayoutException(
    "The chunk ring in the block of ${bytes(block.size)} from manager '${block.manager.name}' is damaged: its " +
        "positions contradict each other; make a new one there",
)

/** Returns [nanos] when a write or a read may wait that long. */
internal fun checkWait(nanos: Long, without: String): Long {
    if (nanos > 0) return nanos
    throw InvalidTimeoutException("a timeout must be positive, and was $nanos ns; $without without one does not wait")
}
