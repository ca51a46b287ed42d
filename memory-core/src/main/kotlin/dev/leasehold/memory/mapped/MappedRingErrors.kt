@file:JvmSynthetic

package dev.leasehold.memory.mapped

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MappedFileException
import dev.leasehold.memory.internal.mapped.RingLayout
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped
import java.nio.file.Path

/**
 * A chunk could not be written to or read from a [MappedRing] in time: it stayed full, or empty. Nothing was written or
 * read.
 */
public class MappedRingTimeoutException internal constructor(message: String, path: Path) :
    MappedFileException(message, path)

private const val NANOS_PER_MILLI = 1_000_000

private fun nameOf(ring: MappedRing) = "the ring '${ring.name}' of the file ${ring.manager.path}"

/** The exception for a chunk of [size] bytes for which no room came in [nanos] nanoseconds. */
internal fun noRoomInTime(ring: MappedRing, size: Long, nanos: Long) = MappedRingTimeoutException(
    "${nameOf(ring)} had no room for a chunk of ${bytes(size)} within ${nanos / NANOS_PER_MILLI} ms " +
        "(${grouped(ring.usedBytes)} of ${bytes(ring.capacity)} are written and not yet read): read sooner, make the " +
        "ring larger, or wait longer",
    ring.manager.path,
)

/** The exception for a read to which no chunk came in [nanos] nanoseconds. */
internal fun noChunkInTime(ring: MappedRing, nanos: Long) = MappedRingTimeoutException(
    "${nameOf(ring)} got no chunk within ${nanos / NANOS_PER_MILLI} ms: write sooner, or wait longer",
    ring.manager.path,
)

/** The exception for a size that no chunk of [ring] may have. */
internal fun impossibleChunk(ring: MappedRing, size: Long) = InvalidSizeException(
    "${nameOf(ring)} of ${bytes(ring.capacity)} has chunks from 0 to ${bytes(ring.maxChunk)}, and one of " +
        "${bytes(size)} was requested: write less at a time, or make the ring larger",
    size,
)

/** Returns how many bytes a ring for [capacity] bytes has. */
internal fun ringCapacity(name: String, capacity: Long): Long {
    if (capacity in 1..RingLayout.MOST_CAPACITY) {
        val least = maxOf(capacity, RingLayout.LEAST_CAPACITY)
        return (least - 1).takeHighestOneBit() shl 1
    }
    throw InvalidSizeException(
        "a ring has from 1 byte to ${bytes(RingLayout.MOST_CAPACITY)} for chunks, and ${bytes(capacity)} were " +
            "requested for '$name'",
        capacity,
    )
}
