@file:JvmName("SmallBuffers")

package dev.leasehold.memory.typed

import java.util.function.DoubleConsumer
import java.util.function.DoublePredicate
import java.util.function.IntConsumer
import java.util.function.IntPredicate
import java.util.function.LongConsumer
import java.util.function.LongPredicate

// Pushes and drains of the small buffers of primitives and handles, once for each, because an element behind a type
// parameter would be boxed. Java gets floats as doubles, what is narrower than an int as ints, as from the platform's
// streams, and handles as longs.

/**
 * Adds [value]. Wait-free but for growth.
 *
 * @throws OutOfMemoryError when there is no heap for growth; nothing has changed, and a later push tries again
 * @throws SmallBufferFullException when there are 1,073,741,824 elements
 */
@JvmName("pushByte")
public fun SmallBuffer<Byte>.push(value: Byte): Unit = pushBits(value.toLong())

/**
 * Calls [action] with one byte after the other, until all have had their turn. When [action] throws, or returns out
 * of the function around it, the rest is dropped. Either way the buffer is empty but for what was pushed meanwhile.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainBytesInline")
public inline fun SmallBuffer<Byte>.drain(action: (Byte) -> Unit): Unit = drainBits {
    action(it.toByte())
    true
}

/**
 * [drain], until [action] returns false; the rest is dropped.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainBytesWhileInline")
public inline fun SmallBuffer<Byte>.drainWhile(action: (Byte) -> Boolean): Unit = drainBits { action(it.toByte()) }

/** [drain] for Java, widened to an int. */
@JvmName("drainBytes")
public fun SmallBuffer<Byte>.drain(action: IntConsumer): Unit = drainBits {
    action.accept(it.toByte().toInt())
    true
}

/** [drainWhile] for Java, widened to an int. */
@JvmName("drainBytesWhile")
public fun SmallBuffer<Byte>.drainWhile(action: IntPredicate): Unit = drainBits { action.test(it.toByte().toInt()) }

/**
 * Adds [value]. Wait-free but for growth.
 *
 * @throws OutOfMemoryError when there is no heap for growth; nothing has changed, and a later push tries again
 * @throws SmallBufferFullException when there are 1,073,741,824 elements
 */
@JvmName("pushShort")
public fun SmallBuffer<Short>.push(value: Short): Unit = pushBits(value.toLong())

/**
 * Calls [action] with one short after the other, until all have had their turn. When [action] throws, or returns out
 * of the function around it, the rest is dropped. Either way the buffer is empty but for what was pushed meanwhile.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainShortsInline")
public inline fun SmallBuffer<Short>.drain(action: (Short) -> Unit): Unit = drainBits {
    action(it.toShort())
    true
}

/**
 * [drain], until [action] returns false; the rest is dropped.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainShortsWhileInline")
public inline fun SmallBuffer<Short>.drainWhile(action: (Short) -> Boolean): Unit = drainBits { action(it.toShort()) }

/** [drain] for Java, widened to an int. */
@JvmName("drainShorts")
public fun SmallBuffer<Short>.drain(action: IntConsumer): Unit = drainBits {
    action.accept(it.toShort().toInt())
    true
}

/** [drainWhile] for Java, widened to an int. */
@JvmName("drainShortsWhile")
public fun SmallBuffer<Short>.drainWhile(action: IntPredicate): Unit = drainBits { action.test(it.toShort().toInt()) }

/**
 * Adds [value]. Wait-free but for growth.
 *
 * @throws OutOfMemoryError when there is no heap for growth; nothing has changed, and a later push tries again
 * @throws SmallBufferFullException when there are 1,073,741,824 elements
 */
@JvmName("pushChar")
public fun SmallBuffer<Char>.push(value: Char): Unit = pushBits(value.code.toLong())

/**
 * Calls [action] with one char after the other, until all have had their turn. When [action] throws, or returns out
 * of the function around it, the rest is dropped. Either way the buffer is empty but for what was pushed meanwhile.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainCharsInline")
public inline fun SmallBuffer<Char>.drain(action: (Char) -> Unit): Unit = drainBits {
    action(it.toInt().toChar())
    true
}

/**
 * [drain], until [action] returns false; the rest is dropped.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainCharsWhileInline")
public inline fun SmallBuffer<Char>.drainWhile(action: (Char) -> Boolean): Unit =
    drainBits { action(it.toInt().toChar()) }

/** [drain] for Java, widened to an int. */
@JvmName("drainChars")
public fun SmallBuffer<Char>.drain(action: IntConsumer): Unit = drainBits {
    action.accept(it.toInt())
    true
}

/** [drainWhile] for Java, widened to an int. */
@JvmName("drainCharsWhile")
public fun SmallBuffer<Char>.drainWhile(action: IntPredicate): Unit = drainBits { action.test(it.toInt()) }

/**
 * Adds [value]. Wait-free but for growth.
 *
 * @throws OutOfMemoryError when there is no heap for growth; nothing has changed, and a later push tries again
 * @throws SmallBufferFullException when there are 1,073,741,824 elements
 */
@JvmName("pushInt")
public fun SmallBuffer<Int>.push(value: Int): Unit = pushBits(value.toLong())

/**
 * Calls [action] with one int after the other, until all have had their turn. When [action] throws, or returns out
 * of the function around it, the rest is dropped. Either way the buffer is empty but for what was pushed meanwhile.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainIntsInline")
public inline fun SmallBuffer<Int>.drain(action: (Int) -> Unit): Unit = drainBits {
    action(it.toInt())
    true
}

/**
 * [drain], until [action] returns false; the rest is dropped.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainIntsWhileInline")
public inline fun SmallBuffer<Int>.drainWhile(action: (Int) -> Boolean): Unit = drainBits { action(it.toInt()) }

/** [drain] for Java. */
@JvmName("drainInts")
public fun SmallBuffer<Int>.drain(action: IntConsumer): Unit = drainBits {
    action.accept(it.toInt())
    true
}

/** [drainWhile] for Java. */
@JvmName("drainIntsWhile")
public fun SmallBuffer<Int>.drainWhile(action: IntPredicate): Unit = drainBits { action.test(it.toInt()) }

/**
 * Adds [value]. Wait-free but for growth.
 *
 * @throws OutOfMemoryError when there is no heap for growth; nothing has changed, and a later push tries again
 * @throws SmallBufferFullException when there are 1,073,741,824 elements
 */
@JvmName("pushLong")
public fun SmallBuffer<Long>.push(value: Long): Unit = pushBits(value)

/**
 * Calls [action] with one long after the other, until all have had their turn. When [action] throws, or returns out
 * of the function around it, the rest is dropped. Either way the buffer is empty but for what was pushed meanwhile.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainLongsInline")
public inline fun SmallBuffer<Long>.drain(action: (Long) -> Unit): Unit = drainBits {
    action(it)
    true
}

/**
 * [drain], until [action] returns false; the rest is dropped.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainLongsWhileInline")
public inline fun SmallBuffer<Long>.drainWhile(action: (Long) -> Boolean): Unit = drainBits { action(it) }

/** [drain] for Java. */
@JvmName("drainLongs")
public fun SmallBuffer<Long>.drain(action: LongConsumer): Unit = drainBits {
    action.accept(it)
    true
}

/** [drainWhile] for Java. */
@JvmName("drainLongsWhile")
public fun SmallBuffer<Long>.drainWhile(action: LongPredicate): Unit = drainBits { action.test(it) }

/**
 * Adds [value]. Wait-free but for growth.
 *
 * @throws OutOfMemoryError when there is no heap for growth; nothing has changed, and a later push tries again
 * @throws SmallBufferFullException when there are 1,073,741,824 elements
 */
@JvmName("pushFloat")
public fun SmallBuffer<Float>.push(value: Float): Unit = pushBits(value.toRawBits().toLong())

/**
 * Calls [action] with one float after the other, until all have had their turn. When [action] throws, or returns out
 * of the function around it, the rest is dropped. Either way the buffer is empty but for what was pushed meanwhile.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainFloatsInline")
public inline fun SmallBuffer<Float>.drain(action: (Float) -> Unit): Unit = drainBits {
    action(Float.fromBits(it.toInt()))
    true
}

/**
 * [drain], until [action] returns false; the rest is dropped.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainFloatsWhileInline")
public inline fun SmallBuffer<Float>.drainWhile(action: (Float) -> Boolean): Unit =
    drainBits { action(Float.fromBits(it.toInt())) }

/** [drain] for Java, widened to a double. */
@JvmName("drainFloats")
public fun SmallBuffer<Float>.drain(action: DoubleConsumer): Unit = drainBits {
    action.accept(Float.fromBits(it.toInt()).toDouble())
    true
}

/** [drainWhile] for Java, widened to a double. */
@JvmName("drainFloatsWhile")
public fun SmallBuffer<Float>.drainWhile(action: DoublePredicate): Unit =
    drainBits { action.test(Float.fromBits(it.toInt()).toDouble()) }

/**
 * Adds [value]. Wait-free but for growth.
 *
 * @throws OutOfMemoryError when there is no heap for growth; nothing has changed, and a later push tries again
 * @throws SmallBufferFullException when there are 1,073,741,824 elements
 */
@JvmName("pushDouble")
public fun SmallBuffer<Double>.push(value: Double): Unit = pushBits(value.toRawBits())

/**
 * Calls [action] with one double after the other, until all have had their turn. When [action] throws, or returns out
 * of the function around it, the rest is dropped. Either way the buffer is empty but for what was pushed meanwhile.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainDoublesInline")
public inline fun SmallBuffer<Double>.drain(action: (Double) -> Unit): Unit = drainBits {
    action(Double.fromBits(it))
    true
}

/**
 * [drain], until [action] returns false; the rest is dropped.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainDoublesWhileInline")
public inline fun SmallBuffer<Double>.drainWhile(action: (Double) -> Boolean): Unit =
    drainBits { action(Double.fromBits(it)) }

/** [drain] for Java. */
@JvmName("drainDoubles")
public fun SmallBuffer<Double>.drain(action: DoubleConsumer): Unit = drainBits {
    action.accept(Double.fromBits(it))
    true
}

/** [drainWhile] for Java. */
@JvmName("drainDoublesWhile")
public fun SmallBuffer<Double>.drainWhile(action: DoublePredicate): Unit =
    drainBits { action.test(Double.fromBits(it)) }

/**
 * Adds [handle], also one that names nothing. Wait-free but for growth.
 *
 * @throws OutOfMemoryError when there is no heap for growth; nothing has changed, and a later push tries again
 * @throws SmallBufferFullException when there are 1,073,741,824 elements
 */
@JvmName("pushHandle")
public fun SmallBuffer<Handle>.push(handle: Handle): Unit = pushBits(handle.bits)

/**
 * Calls [action] with one handle after the other, until all have had their turn. When [action] throws, or returns out
 * of the function around it, the rest is dropped. Either way the buffer is empty but for what was pushed meanwhile.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainHandlesInline")
public inline fun SmallBuffer<Handle>.drain(action: (Handle) -> Unit): Unit = drainBits {
    action(Handle(it))
    true
}

/**
 * [drain], until [action] returns false; the rest is dropped.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 */
@JvmSynthetic
@JvmName("drainHandlesWhileInline")
public inline fun SmallBuffer<Handle>.drainWhile(action: (Handle) -> Boolean): Unit = drainBits { action(Handle(it)) }

/** [drain] for Java, where a handle is a long. */
@JvmName("drainHandles")
public fun SmallBuffer<Handle>.drain(action: LongConsumer): Unit = drainBits {
    action.accept(it)
    true
}

/** [drainWhile] for Java, where a handle is a long. */
@JvmName("drainHandlesWhile")
public fun SmallBuffer<Handle>.drainWhile(action: LongPredicate): Unit = drainBits { action.test(it) }
