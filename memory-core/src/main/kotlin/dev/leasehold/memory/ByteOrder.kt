@file:JvmSynthetic
@file:Suppress("NOTHING_TO_INLINE")

package dev.leasehold.memory

import java.nio.ByteOrder as PlatformOrder

/** The order in which the bytes of a number lie in memory. */
public enum class ByteOrder {
    /** The most significant byte first: the order of network protocols and of class files. */
    BIG_ENDIAN,

    /** The least significant byte first: the order of x86-64 and, in practice, of AArch64. */
    LITTLE_ENDIAN,

    ;

    /** Knows the order of this machine. */
    public companion object {
        /** The order of the machine that the program runs on; accesses that name no order use it. */
        @JvmField
        public val NATIVE: ByteOrder =
            if (PlatformOrder.nativeOrder() == PlatformOrder.BIG_ENDIAN) BIG_ENDIAN else LITTLE_ENDIAN
    }
}

// The order is a choice between two values, never between two layouts: an access through a layout that C2 cannot see
// as a constant is a slow one, while reversing the bytes is one instruction.

/** [value] as native memory must hold it, or as native memory held it, for its bytes to lie in [order]. */
internal inline fun inOrder(value: Short, order: ByteOrder): Short =
    if (order === ByteOrder.NATIVE) value else java.lang.Short.reverseBytes(value)

internal inline fun inOrder(value: Char, order: ByteOrder): Char =
    if (order === ByteOrder.NATIVE) value else Character.reverseBytes(value)

internal inline fun inOrder(value: Int, order: ByteOrder): Int =
    if (order === ByteOrder.NATIVE) value else Integer.reverseBytes(value)

internal inline fun inOrder(value: Long, order: ByteOrder): Long =
    if (order === ByteOrder.NATIVE) value else java.lang.Long.reverseBytes(value)
