@file:Suppress("NOTHING_TO_INLINE")

package dev.leasehold.memory.internal.access

import dev.leasehold.memory.ByteOrder

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
