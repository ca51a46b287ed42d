@file:JvmSynthetic

package dev.leasehold.memory.dsl

import dev.leasehold.memory.Segment
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.setUtf8
import dev.leasehold.memory.setUtf8Terminated
import dev.leasehold.memory.typed.DoubleElements
import dev.leasehold.memory.typed.FloatElements
import dev.leasehold.memory.typed.IntElements
import dev.leasehold.memory.typed.LongElements
import dev.leasehold.memory.utf8Size

// Copies into freshly allocated memory: MemoryScope.allocate says whose it is, and what can be thrown.

/** Allocates a copy of [bytes]. */
public fun MemoryScope.allocateOf(bytes: ByteArray): Segment = allocate(bytes.size.toLong()).also { it.copyFrom(bytes) }

/** Allocates a copy of the bytes of [segment]. */
public fun MemoryScope.allocateOf(segment: Segment): Segment = allocate(segment.size).also { it.copyFrom(segment) }

/** Allocates a copy of [ints]. */
public fun MemoryScope.allocateOf(ints: IntArray): IntElements =
    allocateInts(ints.size.toLong()).also { it.copyFrom(ints) }

/** Allocates a copy of [longs]. */
public fun MemoryScope.allocateOf(longs: LongArray): LongElements =
    allocateLongs(longs.size.toLong()).also { it.copyFrom(longs) }

/** Allocates a copy of [floats]. */
public fun MemoryScope.allocateOf(floats: FloatArray): FloatElements =
    allocateFloats(floats.size.toLong()).also { it.copyFrom(floats) }

/** Allocates a copy of [doubles]. */
public fun MemoryScope.allocateOf(doubles: DoubleArray): DoubleElements =
    allocateDoubles(doubles.size.toLong()).also { it.copyFrom(doubles) }

/**
 * Allocates [text] in UTF-8, exactly as long as that takes.
 *
 * @throws dev.leasehold.memory.MalformedTextException when [text] has a lone surrogate
 */
public fun MemoryScope.allocateUtf8(text: String): Segment = allocate(text.utf8Size()).also { it.setUtf8(0, text) }

/**
 * Allocates [text] in UTF-8 with a NUL after it, as C wants it.
 *
 * @throws dev.leasehold.memory.MalformedTextException when [text] has a lone surrogate, or a NUL
 */
public fun MemoryScope.allocateUtf8Terminated(text: String): Segment =
    allocate(text.utf8Size() + 1).also { it.setUtf8Terminated(0, text) }
