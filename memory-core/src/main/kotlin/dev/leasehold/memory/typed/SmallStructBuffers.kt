@file:JvmName("SmallStructBuffers")

package dev.leasehold.memory.typed

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentSizeException
import java.lang.foreign.MemorySegment
import java.util.function.Consumer
import java.util.function.Predicate

// Structs in Kotlin, whose views are typed, and all elements in Java, where they are memory segments.

/**
 * Adds a struct that [write] writes, through a view that ends with it: [SmallStructBuffer.pushSegment], which says what
 * else there is to know.
 *
 * @throws TypedMemoryClosedException when the buffer is closed
 * @throws MemoryExhaustedException when it has to grow, and a limit or the system stops that; nothing has changed
 * @throws SmallBufferFullException when there are 1,073,741,824 elements
 */
@JvmSynthetic
public inline fun <S : Struct<S>> SmallStructBuffer<S>.push(crossinline write: (StructView<S>) -> Unit): Unit =
    pushSegment { write(StructView(it.asMemorySegment())) }

/**
 * Adds a copy of [element].
 *
 * @throws TypedMemoryClosedException when the buffer is closed
 * @throws MemoryExhaustedException when it has to grow, and a limit or the system stops that; nothing has changed
 * @throws SmallBufferFullException when there are 1,073,741,824 elements
 */
@JvmSynthetic
public fun <S : Struct<S>> SmallStructBuffer<S>.push(element: StructView<S>): Unit = pushSegment(element.asSegment())

/**
 * Calls [action] with a view of one struct after the other: [SmallStructBuffer.drainSegments], which says what else
 * there is to know.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 * @throws TypedMemoryClosedException when the buffer is closed
 */
@JvmSynthetic
public inline fun <S : Struct<S>> SmallStructBuffer<S>.drain(crossinline action: (StructView<S>) -> Unit): Unit =
    drainSegments { action(StructView(it.asMemorySegment())) }

/**
 * [drain], until [action] returns false; the rest is dropped.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 * @throws TypedMemoryClosedException when the buffer is closed
 */
@JvmSynthetic
public inline fun <S : Struct<S>> SmallStructBuffer<S>.drainWhile(
    crossinline action: (StructView<S>) -> Boolean,
): Unit = drainSegmentsWhile { action(StructView(it.asMemorySegment())) }

/**
 * [SmallStructBuffer.pushSegment] for Java: adds an element that [write] writes.
 *
 * @throws TypedMemoryClosedException when the buffer is closed
 * @throws MemoryExhaustedException when it has to grow, and a limit or the system stops that; nothing has changed
 * @throws SmallBufferFullException when there are 1,073,741,824 elements
 */
public fun SmallStructBuffer<*>.push(write: Consumer<in MemorySegment>): Unit =
    pushSegment { segment: Segment -> write.accept(segment.asMemorySegment()) }

/**
 * [SmallStructBuffer.pushSegment] for Java: adds a copy of [element].
 *
 * @throws SegmentSizeException when it has not the bytes of exactly one element; nothing has changed
 * @throws TypedMemoryClosedException when the buffer is closed
 * @throws MemoryExhaustedException when it has to grow, and a limit or the system stops that; nothing has changed
 * @throws SmallBufferFullException when there are 1,073,741,824 elements
 */
public fun SmallStructBuffer<*>.push(element: MemorySegment): Unit = pushSegment(Segment.of(element))

/**
 * [SmallStructBuffer.drainSegments] for Java.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 * @throws TypedMemoryClosedException when the buffer is closed
 */
public fun SmallStructBuffer<*>.drain(action: Consumer<in MemorySegment>): Unit =
    drainSegments { action.accept(it.asMemorySegment()) }

/**
 * [SmallStructBuffer.drainSegmentsWhile] for Java.
 *
 * @throws DrainInProgressException during another drain; nothing has changed
 * @throws TypedMemoryClosedException when the buffer is closed
 */
public fun SmallStructBuffer<*>.drainWhile(action: Predicate<in MemorySegment>): Unit =
    drainSegmentsWhile { action.test(it.asMemorySegment()) }
