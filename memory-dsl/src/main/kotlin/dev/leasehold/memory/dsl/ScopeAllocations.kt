@file:JvmSynthetic

package dev.leasehold.memory.dsl

import dev.leasehold.memory.Segment
import dev.leasehold.memory.typed.ByteElements
import dev.leasehold.memory.typed.CharElements
import dev.leasehold.memory.typed.DoubleElements
import dev.leasehold.memory.typed.FloatElements
import dev.leasehold.memory.typed.IntElements
import dev.leasehold.memory.typed.LongElements
import dev.leasehold.memory.typed.ShortElements
import dev.leasehold.memory.typed.asBytes
import dev.leasehold.memory.typed.asChars
import dev.leasehold.memory.typed.asDoubles
import dev.leasehold.memory.typed.asFloats
import dev.leasehold.memory.typed.asInts
import dev.leasehold.memory.typed.asLongs
import dev.leasehold.memory.typed.asShorts

// Typed views of freshly allocated memory: MemoryScope.allocate says whose it is, that it is not zeroed, and what it
// throws.

/** Allocates [count] bytes, seen as such. */
public fun MemoryScope.allocateBytes(count: Long): ByteElements = allocate(count).asBytes()

/** Allocates [count] shorts. */
public fun MemoryScope.allocateShorts(count: Long): ShortElements = allocate(sizeOf(count, Short.SIZE_BYTES)).asShorts()

/** Allocates [count] chars. */
public fun MemoryScope.allocateChars(count: Long): CharElements = allocate(sizeOf(count, Char.SIZE_BYTES)).asChars()

/** Allocates [count] ints. */
public fun MemoryScope.allocateInts(count: Long): IntElements = allocate(sizeOf(count, Int.SIZE_BYTES)).asInts()

/** Allocates [count] longs. */
public fun MemoryScope.allocateLongs(count: Long): LongElements = allocate(sizeOf(count, Long.SIZE_BYTES)).asLongs()

/** Allocates [count] floats. */
public fun MemoryScope.allocateFloats(count: Long): FloatElements = allocate(sizeOf(count, Float.SIZE_BYTES)).asFloats()

/** Allocates [count] doubles. */
public fun MemoryScope.allocateDoubles(count: Long): DoubleElements =
    allocate(sizeOf(count, Double.SIZE_BYTES)).asDoubles()

/**
 * Allocates room for [count] values of the primitive type [T]: `allocate<Long>(3)` has 24 bytes.
 *
 * @throws IllegalArgumentException when [T] is no primitive type
 */
public inline fun <reified T : Any> MemoryScope.allocate(count: Long): Segment =
    allocate(sizeOf(count, elementSize(T::class.javaPrimitiveType)))

@PublishedApi
internal fun elementSize(type: Class<*>?): Int = when (type) {
    Byte::class.javaPrimitiveType, Boolean::class.javaPrimitiveType -> Byte.SIZE_BYTES
    Short::class.javaPrimitiveType, Char::class.javaPrimitiveType -> Short.SIZE_BYTES
    Int::class.javaPrimitiveType, Float::class.javaPrimitiveType -> Int.SIZE_BYTES
    Long::class.javaPrimitiveType, Double::class.javaPrimitiveType -> Long.SIZE_BYTES
    else -> throw IllegalArgumentException("allocate<T> takes a primitive type; for others allocate their bytes")
}

/** The bytes of [count] elements; a count that overflows becomes a size that every pool refuses. */
@PublishedApi
internal fun sizeOf(count: Long, elementSize: Int): Long =
    if (count > Long.MAX_VALUE / elementSize) Long.MAX_VALUE else maxOf(count, -1) * elementSize
