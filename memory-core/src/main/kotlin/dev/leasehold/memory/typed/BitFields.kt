@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.internal.typed.bitsAt
import dev.leasehold.memory.internal.typed.firstBitIn
import dev.leasehold.memory.internal.typed.maskOf
import dev.leasehold.memory.internal.typed.offsetIn
import dev.leasehold.memory.internal.typed.setBitsAt
import dev.leasehold.memory.internal.typed.widthIn
import dev.leasehold.memory.internal.typed.wordShiftIn
import java.lang.foreign.MemorySegment

/**
 * A field of one bit of a byte, short, int or long in the struct [S]. From `flag` of
 * that field.
 *
 * Setting it reads the word and writes it back with the others of its bits as they were: two threads that set flags of
 * one word at the same time can undo each other's.
 */
@JvmInline
public value class FlagField<S : Struct<S>> internal constructor(internal val key: Long) {
    /** Where the word begins, in bytes from the struct's start. */
    public val offset: Long get() = offsetIn(key)

    /** Which bit of the word's value it is; 0 is the lowest. */
    public val bit: Int get() = firstBitIn(key)
}

/**
 * A field of 1 to 31 bits of a byte, short, int or long in the struct [S], which hold a number from 0 on.
 * From `bits` of that field.
 *
 * Setting it reads the word and writes it back with the others of its bits as they were: two threads that set bits of
 * one word at the same time can undo each other's.
 */
@JvmInline
public value class BitsField<S : Struct<S>> internal constructor(internal val key: Long) {
    /** Where the word begins, in bytes from the struct's start. */
    public val offset: Long get() = offsetIn(key)

    /** Which bit of the word's value is the number's lowest; 0 is the word's lowest. */
    public val firstBit: Int get() = firstBitIn(key)

    /** How many bits there are. */
    public val width: Int get() = widthIn(key)

    /** The greatest number that fits. */
    public val maximum: Int get() = maskOf(widthIn(key)).toInt()
}

// How the views read and write them: [offset] is where the word lies in [raw].

internal fun FlagField<*>.read(raw: MemorySegment, offset: Long): Boolean = bitsAt(raw, offset, key) != 0L

internal fun FlagField<*>.write(raw: MemorySegment, offset: Long, value: Boolean): Unit =
    setBitsAt(raw, offset, key, if (value) 1 else 0)

internal fun BitsField<*>.read(raw: MemorySegment, offset: Long): Int = bitsAt(raw, offset, key).toInt()

internal fun BitsField<*>.write(raw: MemorySegment, offset: Long, value: Int) {
    if (value < 0 || value > maximum) {
        throw FieldValueException(
            "${grouped(value.toLong())} does not fit into a field of ${counted(width.toLong(), "bit")}, which " +
                "holds 0 to ${grouped(maximum.toLong())}",
        )
    }
    setBitsAt(raw, offset, key, value.toLong())
}

internal val FlagField<*>.wordBytes: Long get() = 1L shl wordShiftIn(key)

internal val BitsField<*>.wordBytes: Long get() = 1L shl wordShiftIn(key)
