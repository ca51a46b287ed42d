@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.internal.typed.BitmapPart

/**
 * A [ConcurrentBitmap] has no clear bit left, or no run of clear bits that is long enough. Nothing was allocated.
 *
 * @property length how many bits that follow one another were requested
 * @property size how many bits there are
 */
public class BitmapFullException internal constructor(message: String, public val length: Int, public val size: Long) :
    MemoryException(message)

/**
 * Bits of a [ConcurrentBitmap] were freed of which one was not set: they had been freed before, or were never
 * allocated. Nothing was changed.
 *
 * @property index the first bit that was not set
 */
public class BitNotSetException internal constructor(message: String, public val index: Long) :
    MemoryException(message)

/** The most bits that can be allocated at once. */
internal const val LONGEST_RUN: Int = 64

/** The most bits that a bitmap can have. */
internal const val MOST_BITS: Long = 1L shl 46

private fun bitmapOf(manager: String) = "bitmap of manager '$manager'"

/** The exception for a run of [length] bits for which there is no place. */
internal fun bitmapFull(manager: String, length: Int, size: Long, set: Long): BitmapFullException {
    val run = if (length == 1) "no clear bit" else "no run of $length clear bits"
    return BitmapFullException(
        "${bitmapOf(manager)} has $run (${grouped(set)} of ${counted(size, "bit")} are set): free bits that are no " +
            "longer used, or grow it",
        length,
        size,
    )
}

/** The exception for the [length] bits from [first] on, of which [index] was not set. */
internal fun bitNotSet(manager: String, first: Long, length: Int, index: Long): BitNotSetException {
    val of = if (length == 1) "" else ", of the $length from ${grouped(first)} on,"
    return BitNotSetException(
        "${bitmapOf(manager)}: bit ${grouped(index)}$of is not set: free what was allocated once, with the same length",
        index,
    )
}

/** The exception for the bit [index] of a bitmap that has [size]. */
internal fun noSuchBit(manager: String, index: Long, size: Long) = ElementBoundsException(
    "${bitmapOf(manager)} has no bit ${grouped(index)}: it has ${counted(size, "bit")}, from 0 to ${grouped(size - 1)}",
    index,
    size,
)

/** Returns [length] when so many bits can be allocated at once. */
internal fun requireRun(manager: String, length: Int): Int {
    if (length in 1..LONGEST_RUN) return length
    throw InvalidSizeException(
        "${bitmapOf(manager)}: from 1 to $LONGEST_RUN bits can be allocated at once, and $length were requested",
        length.toLong(),
    )
}

/** Returns [size] when a bitmap can have so many bits. */
internal fun requireBits(manager: String, size: Long): Long {
    if (size in 1..MOST_BITS) return size
    throw InvalidSizeException(
        "${bitmapOf(manager)}: a bitmap has from 1 to ${grouped(MOST_BITS)} bits, and ${grouped(size)} were requested",
        size,
    )
}

/** The exception for a bitmap of [manager] that has been closed. */
internal fun closedBitmap(manager: String) =
    TypedMemoryClosedException("${bitmapOf(manager)} is closed: close it when its bits are no longer used")

/** The exception for [block], which is not the block with the number [number] of a bitmap. */
internal fun noBitmapIn(block: Block, number: Int) = ElementLayoutException(
    "The block of ${bytes(block.size)} from manager '${block.manager.name}' is not block ${number + 1} of a bitmap " +
        "of version ${BitmapPart.VERSION}: open the blocks of one ConcurrentBitmap, all of them, in their order",
)

/** The exception for a bitmap that was to be opened in no block at all. */
internal fun noBlocks() = ElementLayoutException("A bitmap lies in one block or more: open all of its blocks")

/** The exception for blocks that have room for [words] words, and not for the [size] bits that the first speaks of. */
internal fun incompleteBitmap(first: Block, size: Long, words: Long) = ElementLayoutException(
    "The bitmap in the block of ${bytes(first.size)} from manager '${first.manager.name}' has " +
        "${counted(size, "bit")}, and the blocks hold ${grouped(words * Long.SIZE_BITS)}: open all of its blocks",
)
