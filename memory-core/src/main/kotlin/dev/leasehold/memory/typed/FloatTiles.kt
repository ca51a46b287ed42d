@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.access
import dev.leasehold.memory.internal.platform.grouped
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED

// The JVM's compiler vectorises loops over arrays of floats, and not those over memory segments of them.

/**
 * Lets [action] change all floats, a tile after the other, in an array on the heap: it gets the array and how many
 * floats of it count. Each tile is written back when [action] has returned, so one that throws leaves its tile as it
 * was, and those before changed.
 *
 * Worth it for loops of arithmetic over floats that lie in the cache, which the JVM vectorises in arrays only; what
 * comes from memory is as fast without.
 *
 * **Threads.** As for all views of elements.
 * **Cost.** Two copies; and an array of up to 1,024 floats for the call, where none is given in [tile].
 *
 * Throws what every access does, and:
 *
 * @param tile an array to use, whose length is that of the tiles; what is in it is lost
 * @throws InvalidSizeException when [tile] has no room
 */
public inline fun FloatElements.process(
    tile: FloatArray = newTile(size),
    action: (values: FloatArray, count: Int) -> Unit,
) {
    requireTile(tile, size)
    var start = 0L
    while (start < size) {
        val count = readTile(this, start, tile, tile.size)
        action(tile, count)
        writeTile(this, start, tile, count)
        start += count
    }
}

/**
 * [process] beside the floats of [other], which [action] gets as a second array, and which are not written back. The
 * two views must not overlap in part.
 *
 * **Cost.** Three copies; and an array for each of [tile] and [otherTile] that is not given.
 *
 * @param otherTile as [tile], for the floats of [other]; the shorter of the two decides
 * @throws SegmentSizeException when [other] has another number of floats
 */
public inline fun FloatElements.process(
    other: FloatElements,
    tile: FloatArray = newTile(size),
    otherTile: FloatArray = newTile(size),
    action: (values: FloatArray, others: FloatArray, count: Int) -> Unit,
) {
    requireSameSize(this, other)
    requireTile(tile, size)
    requireTile(otherTile, size)
    var start = 0L
    while (start < size) {
        val count = readTile(this, start, tile, otherTile.size)
        val _ = readTile(other, start, otherTile, count)
        action(tile, otherTile, count)
        writeTile(this, start, tile, count)
        start += count
    }
}

private const val TILE = 1024L

/** A tile for [size] floats: two of the usual length stay in the nearest cache. */
@PublishedApi
internal fun newTile(size: Long): FloatArray = FloatArray(minOf(size, TILE).toInt())

@PublishedApi
internal fun requireTile(tile: FloatArray, size: Long) {
    if (tile.isEmpty() && size > 0) {
        throw InvalidSizeException("A tile of no floats cannot take any of ${grouped(size)}: give it room", 0)
    }
}

/** Fills the beginning of [tile] with up to [most] floats from [start] on, and returns how many these were. */
@PublishedApi
internal fun readTile(elements: FloatElements, start: Long, tile: FloatArray, most: Int): Int {
    val raw = elements.raw
    val count = minOf(elements.size - start, minOf(tile.size, most).toLong()).toInt()
    access(raw, start shl 2, count.toLong() shl 2) {
        MemorySegment.copy(raw, JAVA_FLOAT_UNALIGNED, start shl 2, tile, 0, count)
    }
    return count
}

@PublishedApi
internal fun writeTile(elements: FloatElements, start: Long, tile: FloatArray, count: Int) {
    val raw = elements.raw
    access(raw, start shl 2, count.toLong() shl 2) {
        MemorySegment.copy(tile, 0, raw, JAVA_FLOAT_UNALIGNED, start shl 2, count)
    }
}

@PublishedApi
internal fun requireSameSize(elements: FloatElements, other: FloatElements) {
    if (elements.size == other.size) return
    throw SegmentSizeException(
        "${grouped(elements.size)} floats cannot be processed beside ${grouped(other.size)}: slice the longer view " +
            "first",
        other.size shl 2,
    )
}
